//! The people at the desk: who is away and who stands in, how much each has at most, whose claim has gone idle, and the
//! teams they work in. A page, the API, bulk and routing ask the same functions.

pub mod absence;
pub mod absence_page;
pub mod hands;
pub mod limit;
pub mod loose;
pub mod person_page;
pub mod team_pages;
pub mod teams;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// One's own absences, the people of the desk for supervisors, and the teams.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/settings/absence")
            .get(absence_page::show)
            .post(absence_page::create),
    )
    .service(at("/settings/absence/end").post(absence_page::end))
    .service(at("/workload/{id}").get(person_page::show))
    .service(at("/workload/{id}/limit").post(person_page::set_limit))
    .service(at("/workload/{id}/away").post(person_page::add_absence))
    .service(at("/workload/{id}/end").post(person_page::end_absence))
    .service(at("/settings/teams").get(team_pages::list))
    .service(
        at("/settings/teams/new")
            .get(team_pages::new)
            .post(team_pages::create),
    )
    .service(
        at("/settings/teams/{id}")
            .get(team_pages::show)
            .post(team_pages::update),
    )
    .service(at("/settings/teams/{id}/delete").post(team_pages::remove));
}
