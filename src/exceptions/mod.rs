//! Exceptions: records of events that need attention, from being raised to being resolved. The lifecycle and its guards
//! are in [`model`]; each act has a file of its own.

pub mod about;
pub mod aging;
pub mod api;
pub mod api_acts;
pub mod api_bulk;
pub mod api_comments;
pub mod api_lists;
pub mod api_raise;
pub mod assign;
pub mod by_words;
pub mod change;
pub mod claim;
mod clock_views;
mod clocks;
pub mod columns;
pub mod comment;
pub mod comment_edit;
pub mod comment_remove;
pub mod conflict;
mod decoded;
pub mod due;
pub mod evidence;
pub mod export;
pub mod filter;
pub mod head;
mod holders;
pub mod links;
pub mod listed;
pub mod listing;
pub mod live;
pub mod model;
mod moves;
pub mod opened;
pub mod patch;
pub mod posted;
pub mod presence;
pub mod queries;
pub mod queue;
mod queue_filters;
pub mod queue_rows;
mod queue_table;
pub mod queue_words;
pub mod raise;
pub mod raise_form;
pub mod recurrence;
pub mod reopen;
pub mod resolution;
pub mod resolve;
mod resolve_form;
mod resolve_preview;
mod resolve_types;
mod resolve_wish;
pub mod row;
pub mod severity;
pub mod show;
pub mod snooze;
mod timeline;
pub mod told;
pub mod view;
pub mod waiting;
pub mod wanted;
pub mod way_back;
pub mod words;

use actix_web::web;

use crate::web::route::at;

/// The queue and the pages of one exception.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/exceptions").get(queue::list))
        .service(at("/exceptions.csv").get(export::csv))
        .service(at("/exceptions.xlsx").get(export::xlsx))
        .service(at("/exceptions/take-next").post(claim::take_the_next))
        .service(at("/exceptions/columns").post(columns::update))
        .service(at("/live").get(live::events))
        .service(at("/exceptions/{id}").get(show::show))
        .service(at("/exceptions/{id}/evidence").get(evidence::evidence))
        .service(at("/exceptions/{id}/claim").post(claim::take))
        .service(at("/exceptions/{id}/take-over").post(claim::take_from))
        .service(at("/exceptions/{id}/links").post(links::create))
        .service(at("/exceptions/{id}/unlink").post(links::remove))
        .service(at("/exceptions/{id}/release").post(claim::put_back))
        .service(at("/exceptions/{id}/recall").post(claim::take_back))
        .service(
            at("/exceptions/{id}/assign")
                .get(assign::show)
                .post(assign::create),
        )
        .service(
            at("/exceptions/{id}/resolve")
                .get(resolve::show)
                .post(resolve::create),
        )
        .service(
            at("/exceptions/{id}/snooze")
                .get(snooze::show)
                .post(snooze::create),
        )
        .service(at("/exceptions/{id}/wake").post(snooze::end))
        .service(
            at("/exceptions/{id}/wait")
                .get(waiting::show)
                .post(waiting::create),
        )
        .service(at("/exceptions/{id}/resume").post(waiting::go_on))
        .service(
            at("/exceptions/{id}/severity")
                .get(severity::show)
                .post(severity::create),
        )
        .service(
            at("/exceptions/{id}/reopen")
                .get(reopen::show)
                .post(reopen::create),
        )
        .service(
            at("/exceptions/{id}/comments")
                .get(comment::draft)
                .post(comment::create),
        )
        .service(
            at("/comments/{id}/edit")
                .get(comment_edit::show)
                .post(comment_edit::update),
        );
}
