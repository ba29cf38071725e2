//! Reports: the state of the desk at a glance, and how it went over some days. Every number leads to the rows behind it
//! and is counted by the same filter. What is told of past days is read from small tables that triggers keep (see the
//! migration), so that the page costs days and not exceptions; the rest is bounded by what is open.

pub mod chart;
pub mod export;
pub mod model;
pub mod page;
pub mod period;
pub mod queries;
pub mod sheets;
pub mod spans;
pub mod throughput;

use actix_web::web;

use crate::web::{route::at, shell::SubItem};

/// The page's address.
pub const HERE: &str = "/reports";

/// The page, and what it shows as files.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/reports").get(page::show))
        .service(at("/reports.csv").get(export::csv))
        .service(at("/reports.xlsx").get(export::xlsx));
}

/// The lines below Reports in the left column, on the page at `here`.
pub fn below(here: &str) -> Vec<SubItem> {
    [(HERE, "Overview"), (crate::rates::page::HERE, "Return rates")]
        .into_iter()
        .map(|(href, label)| SubItem {
            label: label.to_owned(),
            href: href.to_owned(),
            current: href == here,
            count: String::new(),
        })
        .collect()
}
