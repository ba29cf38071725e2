//! Imports of ACH files, and of exceptions as CSV (domain.md section 10). A file is taken in sealed, checked without
//! effect, and imported as a job when somebody says so. Its states: `RECEIVING` → `CHECKED` → `QUEUED` → `RUNNING` → `DONE`.
//!
//! What holds at any time: every entry and every problem of the file has exactly one line in the report, numbered
//! in the order of the file; lines, what the entries did, and the counts change in one transaction; an entry that was
//! imported once, by whatever file, does nothing again.

mod acts;
pub mod api;
pub mod api_new;
mod api_view;
mod batch;
mod change;
pub mod check;
pub mod command_line;
mod csv_check;
pub mod csv_head;
mod csv_rows;
mod describe;
mod entry;
pub mod format;
mod item;
mod list;
mod mask;
pub mod model;
pub mod names;
mod original;
mod prepare;
pub mod queries;
mod report;
mod returned;
mod row;
pub mod run;
mod show;
pub mod store;
mod upload;

use actix_web::web;

use crate::web::route::at;

/// The pages of imports.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/imports").get(list::show))
        .service(at("/imports/new").get(upload::new).post(upload::create))
        .service(at("/imports/sample.csv").get(upload::sample))
        .service(at("/imports/{id}").get(show::show))
        .service(at("/imports/{id}/run").post(acts::start))
        .service(at("/imports/{id}/discard").post(acts::discard))
        .service(at("/imports/{id}/report").get(report::show))
        .service(at("/imports/{id}/report.csv").get(report::export))
        .service(at("/imports/{id}/file").get(original::download));
}
