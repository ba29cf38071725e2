//! Exceptions: records of events that need attention, from being raised to being resolved.

pub mod clocks;
pub mod model;
pub mod raise;
pub mod row;
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::error::AppResult,
    web::{
        page::Page,
        shell::{Section, Shell},
    },
};
use actix_web::web::{self, Data};
/// x
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/exceptions").get(list))
        .service(web::resource("/").get(list));
}
#[derive(askama::Template)]
#[template(
    source = r#"{% extends "layout/shell.html" %}{% block main %}<h1>x</h1>{% endblock %}"#,
    ext = "html"
)]
pub struct X {
    shell: Shell,
}
async fn list(app: Data<App>, who: May<Read>) -> AppResult<Page<X>> {
    Ok(Page::ok(X {
        shell: who.shell(&app, "x", Section::Queue),
    }))
}
