//! Return rates: what counts as sent, what as returned, how much room is left, and the payments behind a number.

use docket::{
    db::types::Day,
    rates::{
        model::{Rate, Room},
        queries::{self, Company},
    },
    transactions::{AchDetails, Kind, NewTransaction, Status, TransactionRow},
};

use crate::{
    harness::{TestApp, both},
    money::{come_back, day},
    payments::{Payments, usd},
};

async fn standings(app: &TestApp) -> Vec<Company> {
    let account = app.account;
    app.app
        .db
        .read(move |c| queries::standings(c, account, day("2026-11-03")))
        .await
        .unwrap()
}

/// A debit of `company` that settled on `settled`.
async fn debit(pay: &Payments<'_>, company: &'static str, settled: &str) -> TransactionRow {
    let new = NewTransaction {
        status: Status::Settled,
        ach: AchDetails {
            company_name: Some(format!("COMPANY {company}")),
            company_id: Some(company.into()),
            settlement_date: Some(Day(day(settled))),
            ..AchDetails::default()
        },
        ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(1_000))
    };
    pay.post(new).await
}

#[actix_web::test]
async fn only_debits_of_the_sixty_days_count_each_for_its_company() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        // 5 September to 3 November are the sixty days.
        for n in 0..200 {
            debit(
                &pay,
                "1000000001",
                if n % 2 == 0 { "2026-09-05" } else { "2026-11-03" },
            )
            .await;
        }
        let early = debit(&pay, "1000000001", "2026-09-04").await;
        let first = debit(&pay, "1000000002", "2026-10-01").await;
        let second = debit(&pay, "1000000002", "2026-10-02").await;
        // What is not a debit that was sent: a credit, one that is New, one that was declined, one to come.
        let credit = pay
            .post(NewTransaction {
                status: Status::Settled,
                ach: AchDetails {
                    company_id: Some("1000000001".into()),
                    settlement_date: Some(Day(day("2026-10-01"))),
                    ..AchDetails::default()
                },
                ..pay.payment(500)
            })
            .await;
        for (status, settles) in [
            (Status::New, "2026-10-01"),
            (Status::Declined, "2026-10-01"),
            (Status::Processing, "2026-11-04"),
        ] {
            pay.post(NewTransaction {
                status,
                ach: AchDetails {
                    company_id: Some("1000000001".into()),
                    settlement_date: Some(Day(day(settles))),
                    ..AchDetails::default()
                },
                ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(100))
            })
            .await;
        }
        come_back(&pay, &early, "R10", "2026-09-04").await;
        come_back(&pay, &credit, "R03", "2026-10-01").await;
        come_back(&pay, &first, "R10", "2026-10-01").await;
        // Twice with the same code is one payment that came back; dishonored is no return of its own.
        come_back(&pay, &first, "R10", "2026-10-01").await;
        come_back(&pay, &first, "R67", "2026-10-01").await;
        come_back(&pay, &second, "R03", "2026-10-02").await;

        let all = standings(&app).await;
        let told: Vec<_> = all
            .iter()
            .map(|c| {
                (
                    c.id.as_str(),
                    c.name.as_str(),
                    c.standings
                        .iter()
                        .map(|s| (s.returned, s.sent))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    "1000000001",
                    "COMPANY 1000000001",
                    vec![(0, 200), (0, 200), (0, 200)]
                ),
                ("1000000002", "COMPANY 1000000002", vec![(1, 2), (1, 2), (2, 2)]),
            ],
            "{backend:?}"
        );
        let unauthorized = all[0].standings[0];
        assert_eq!(
            (unauthorized.rate, unauthorized.room()),
            (Rate::Unauthorized, Room::Fits(1))
        );
        let theirs = all[1].standings[2];
        assert_eq!(
            (theirs.room(), theirs.oldest),
            (Room::Above(2), Some(day("2026-10-01")))
        );

        // The number and the rows behind it agree.
        let (account, other) = (app.account, app.other);
        let today = day("2026-11-03");
        let rows = app
            .app
            .db
            .read(move |c| {
                Ok((
                    queries::list(c, account, today, ("1000000002", Rate::Overall), 10)?,
                    queries::list(c, other, today, ("1000000002", Rate::Overall), 10)?,
                    queries::standings(c, other, today)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(rows.0.len(), 2, "{:?}", rows.0);
        assert!(
            rows.1.is_empty() && rows.2.is_empty(),
            "another business account sees nothing of it"
        );
    }
}

#[actix_web::test]
async fn the_page_tells_the_room_and_leads_to_the_payments() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let empty = clerk.get("/reports/return-rates").await;
    assert!(empty.says("No debit in these 60 days"), "{}", empty.text);
    let pay = Payments::of(&app).await;
    for _ in 0..400 {
        debit(&pay, "1000000001", "2026-10-20").await;
    }
    let back = debit(&pay, "1000000001", "2026-09-10").await;
    let back = come_back(&pay, &back, "R10", "2026-09-10").await;
    let page = clerk.get("/reports/return-rates").await;
    for words in [
        "5 Sep 2026 to 3 Nov 2026",
        "COMPANY 1000000001",
        "0.25 %",
        "1 more fits",
        "before 9 Nov 2026, when the oldest return leaves the 60 days",
        "12 more fit",
        "59 more fit",
    ] {
        assert!(page.says(words), "{words}: {}", page.text);
    }
    let href = page
        .attribute("td a[href*='rate=UNAUTHORIZED']", "href")
        .remove(0);
    let behind = clerk.get(href.trim_end_matches("#behind")).await;
    assert!(behind.says("Unauthorized: COMPANY 1000000001"), "{}", behind.text);
    let exception = format!("/exceptions/{}", back.exception);
    let links = behind.attribute("td a[href^='/exceptions/']", "href");
    assert!(links.len() == 1 && links[0] == exception, "{links:?}");
    // And on the exception: that it counts.
    let page = clerk.get(&exception).await;
    assert!(
        page.says("Unauthorized return rate: 0.25 % of 0.50 %")
            && page.says("1 more before 9 Nov 2026")
            && page.says("Overall return rate: 0.25 % of 15.00 %")
            && page.says("59 more before 9 Nov 2026")
            && !page.says("Administrative return rate"),
        "{}",
        page.text
    );
}
