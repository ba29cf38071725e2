//! The calendar page: the banks' holidays of any year, the team's own days, and the due times that follow them.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    calendar::{queries, reckoning},
    exceptions::model::Kind,
    history::EventKind,
    kernel::clock::Ts,
};

use crate::harness::{TestApp, both};

const HERE: &str = "/settings/calendar";

/// Tuesday, 3 November 2026, 10:00 in New York, and so many hours.
fn at(hours: u64) -> Ts {
    Ts::from_micros(crate::harness::NOW).plus(Duration::from_hours(hours))
}

#[actix_web::test]
async fn the_banks_holidays_of_any_year_are_listed() {
    let app = TestApp::start().await;
    let viewer = app.sign_in(Role::ViewOnly).await;
    let page = viewer.get(HERE).await;
    assert!(page.says("Banking holidays 2026"), "{}", page.text);
    assert!(page.says("26 Nov 2026, Thursday") && page.says("Thanksgiving Day"));
    assert!(page.says("Not moved: banks are open on the Friday before"));
    assert!(
        page.find(&format!("form[method=post][action='{HERE}']"))
            .is_empty()
    );
    let later = viewer.get("/settings/calendar?year=2033").await;
    assert!(later.says("Banking holidays 2033") && later.says("26 Dec 2033, Monday"));
    assert!(later.says("Observed, for the Sunday before"));
    for year in ["1969", "2201", "soon", "-1", "99999999999999"] {
        let page = viewer.get(&format!("{HERE}?year={year}")).await;
        assert_eq!(page.status, 200);
        assert!(page.says("Banking holidays 2026"), "{year}");
    }
}

#[actix_web::test]
async fn days_and_holidays_are_changed_with_history_and_move_nothing_as_long_as_every_hour_counts() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let before = app.exception(id).await;
        let owner = app.as_owner().await;
        let days = [("act", "days"), ("weekday[]", "0"), ("keeps", "1")];
        let saved = owner.submit(HERE, HERE, &days).await;
        assert!(
            saved.says("The calendar is saved; no due time moves."),
            "{}",
            saved.text
        );
        let add = [
            ("act", "add"),
            ("name", "Company day"),
            ("day", "2026-11-09"),
            ("yearly", "1"),
        ];
        let added = owner.submit(HERE, HERE, &add).await;
        assert!(
            added.says("9 Nov 2026, Monday") && added.says("Each year from then on"),
            "{}",
            added.text
        );
        let twice = owner
            .submit(
                HERE,
                HERE,
                &[("act", "add"), ("name", "Again"), ("day", "2027-11-09")],
            )
            .await;
        assert_eq!(twice.status, 422);
        assert!(
            twice.says("Company day is on this day already."),
            "{}",
            twice.text
        );
        assert_eq!(twice.attribute("#name", "value"), ["Again"]);
        let none = owner.submit(HERE, HERE, &[("act", "days"), ("keeps", "1")]).await;
        assert_eq!(none.status, 422);
        assert!(none.says("A team works on at least one day of the week."));
        let stale = owner
            .submit(
                HERE,
                HERE,
                &[("act", "days"), ("weekday[]", "1"), ("version", "1")],
            )
            .await;
        assert_eq!(stale.status, 409, "{}", stale.text);
        let (account, other) = (app.account, app.other);
        let (calendar, next_door, last) = app
            .app
            .db
            .read(move |conn| {
                Ok((
                    queries::of(conn, account)?,
                    queries::of(conn, other)?,
                    queries::reckoning(conn, account)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((calendar.version, calendar.holidays.len()), (2, 1));
        assert_eq!((next_door.version, next_door.holidays.len()), (0, 0));
        assert!(last.is_none(), "nothing is to be worked out");
        // Another's cannot be removed, one's own can.
        let holiday = calendar.holidays[0].id.to_string();
        let remove = [("act", "remove"), ("holiday", holiday.as_str())];
        let stranger = app.as_stranger(Role::Owner).await;
        let refused = stranger
            .submit(
                HERE,
                HERE,
                &[("act", "remove"), ("holiday", &holiday), ("version", "0")],
            )
            .await;
        assert_eq!(refused.status, 404);
        let removed = owner.submit(HERE, HERE, &remove).await;
        assert!(removed.says("There are none."), "{}", removed.text);
        let audit = owner.get("/settings/history").await;
        for words in [
            "set the team's working days: Monday, without banking holidays",
            "added the holiday “Company day” on 9 Nov 2026, each year",
            "removed the holiday “Company day” on 9 Nov 2026, each year",
        ] {
            assert!(audit.says(words), "{words}: {}", audit.text);
        }
        let after = app.exception(id).await;
        assert_eq!(
            (after.due_at, after.version),
            (before.due_at, before.version),
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn where_the_sla_counts_working_days_due_times_move_with_the_calendar_once_and_are_told_before() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.set_thresholds(&[("on_working_days", "1")]).await;
        app.reckon().await;
        // Medium, 120 hours: Tuesday to Tuesday without the weekend.
        let ids = app.raise_many(3).await;
        assert_eq!(app.exception(ids[0]).await.due_at, at(120 + 48));
        assert_eq!(
            app.exception(ids[0]).await.due_rule,
            "Medium severity: 120 hours of working days from the time it was raised."
        );
        let owner = app.as_owner().await;
        let add = [("act", "add"), ("name", "Company day"), ("day", "2026-11-05")];
        let preview = owner.submit(HERE, HERE, &add).await;
        assert!(
            preview.says(
                "3 of 3 open exceptions would be due at another time: 0 sooner, 3 later, 0 overdue at once."
            ),
            "{}",
            preview.text
        );
        assert_eq!(app.exception(ids[0]).await.due_at, at(168), "nothing by looking");
        let saved = owner.submit_shown(&preview, HERE, &[("step", "do")]).await;
        assert!(
            saved.says("due times are being worked out anew"),
            "{}",
            saved.text
        );
        // Two nodes do it at once.
        let twin = app.app.clone();
        let (one, two) = futures_util::future::join(reckoning::run(&app.app), reckoning::run(&twin)).await;
        one.unwrap();
        two.unwrap();
        for id in &ids {
            // Tuesday the 10th is over, the 11th is Veterans Day: Thursday would be the next, but the time ends before.
            let row = app.exception(*id).await;
            assert_eq!(
                (row.due_at, row.version),
                (at(168 + 48), 2),
                "{backend:?} {}",
                row.due_at.rfc3339()
            );
            assert_eq!(app.events_of(*id, EventKind::Due).await.len(), 1);
        }
        let account = app.account;
        let last = app
            .app
            .db
            .read(move |conn| queries::reckoning(conn, account))
            .await
            .unwrap()
            .unwrap();
        assert_eq!((last.looked, last.moved), (3, 3));
        let page = owner.get(HERE).await;
        assert!(
            page.says("as the calendar was changed: 3 of 3 open exceptions have another."),
            "{}",
            page.text
        );
        // What is resolved is left, and a rule clock is not touched.
        app.close(ids[2], Role::Clerk).await;
        let closed = app.exception(ids[2]).await;
        let holiday = owner
            .get(HERE)
            .await
            .attribute("input[name=holiday]", "value")
            .remove(0);
        let remove = [("act", "remove"), ("holiday", holiday.as_str())];
        let preview = owner.submit(HERE, HERE, &remove).await;
        assert!(preview.says("2 of 2 open exceptions"), "{}", preview.text);
        owner.submit_shown(&preview, HERE, &[("step", "do")]).await;
        app.reckon().await;
        assert_eq!(app.exception(ids[0]).await.due_at, at(168));
        assert_eq!(app.exception(ids[2]).await.due_at, closed.due_at);
    }
}

#[actix_web::test]
async fn a_rule_clock_that_ends_first_stays_where_it_is() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.kind = Kind::AchReturn;
        new.said.notice_settlement = Some(docket::db::types::Day("2026-11-02".parse().unwrap()));
        let id = app.raise_as(new).await;
        let before = app.exception(id).await;
        // To be dishonored within five banking days after the second; the evidence a banking day before.
        assert_eq!(
            before.due_at.rfc3339(),
            "2026-11-07T04:59:59.999Z",
            "{}",
            before.due_rule
        );
        assert!(before.due_at < at(120), "before the SLA");
        app.set_thresholds(&[("on_working_days", "1")]).await;
        app.reckon().await;
        let after = app.exception(id).await;
        assert_eq!(
            after.due_at.rfc3339(),
            "2026-11-07T04:59:59.999Z",
            "{}",
            after.due_rule
        );
        assert!(
            after.due_rule.starts_with("Evidence"),
            "{backend:?}: {}",
            after.due_rule
        );
    }
}
