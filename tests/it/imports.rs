//! Real files through the browser: what each says is what happens, and the report has a line for all of it.

use diesel::prelude::*;
use docket::{
    db::schema::{exceptions, import_lines, transactions},
    exceptions::row::ExceptionRow,
    imports::model::LineRow,
    transactions::TransactionRow,
};

use crate::harness::{Backend, TestApp, both, sample};

/// What an import left in the database.
pub struct Left {
    pub lines: Vec<LineRow>,
    pub exceptions: Vec<ExceptionRow>,
    pub transactions: Vec<TransactionRow>,
}

/// Everything of the first business account.
pub async fn left(app: &TestApp) -> Left {
    let account = app.account;
    app.app
        .db
        .read(move |conn| {
            Ok(Left {
                lines: import_lines::table
                    .order((import_lines::import_id, import_lines::position))
                    .select(LineRow::as_select())
                    .load(conn)?,
                exceptions: exceptions::table
                    .filter(exceptions::business_account_id.eq(account))
                    .order(exceptions::id)
                    .select(ExceptionRow::as_select())
                    .load(conn)?,
                transactions: transactions::table
                    .filter(transactions::business_account_id.eq(account))
                    .order(transactions::id)
                    .select(TransactionRow::as_select())
                    .load(conn)?,
            })
        })
        .await
        .unwrap()
}

impl Left {
    /// `RAISED 3:1 sentence`, a line each.
    pub fn report(&self) -> Vec<String> {
        self.lines
            .iter()
            .map(|l| format!("{} {}:{} {}", l.outcome, l.line, l.column_number, l.sentence))
            .collect()
    }
}

/// A file, what its report says, its transactions, and the types and codes of its exceptions.
struct Sample {
    file: &'static str,
    report: &'static [&'static str],
    transactions: &'static [&'static str],
    exceptions: &'static [&'static str],
}

const NO_HEADER: &str = "ERROR 1:1 File header: The file header (record type 1) is missing.";

const SAMPLES: &[Sample] = &[
    Sample {
        file: "return-WEB.ach",
        report: &[
            "RAISED 3:1 R01 Insufficient Funds: $123.54 from Paul Jones, WEB TRANSFER of CoinLion; no transaction of \
             ours matches",
            "RAISED 7:1 R03 No Account / Unable to Locate Account: $45.65 to Bob Marley, WEB TRANSFER of CoinLion; no \
             transaction of ours matches",
        ],
        transactions: &[
            "RETURN SETTLED 12354 of 2018-10-17",
            "RETURN SETTLED 4565 of 2018-10-17",
        ],
        exceptions: &["ACH_RETURN R01 6789", "ACH_RETURN R03 9999"],
    },
    Sample {
        file: "cor-example.ach",
        report: &[
            "RAISED 3:1 C01 Incorrect DFI Account Number: Best Co. #23, COR Vendor Pay of Your Company, in; no \
             transaction of ours matches",
        ],
        transactions: &[],
        exceptions: &["ACH_NOC C01 8-99"],
    },
    Sample {
        file: "cor-read.ach",
        report: &[
            "RAISED 3:1 C01 Incorrect DFI Account Number: Best Co. #23, COR Vendor Pay of Your Company, in; no \
             transaction of ours matches",
        ],
        transactions: &[],
        exceptions: &["ACH_NOC C01 8-99"],
    },
    Sample {
        file: "bh-ed-ad-bh-ed-ad-ed-ad.ach",
        report: &[
            NO_HEADER,
            "RAISED 2:1 R02 Account Closed: $1.46 from Veridian Credit Union, PPD test trans of Adam Shannon; no \
             transaction of ours matches",
            "ERROR 4:1 Batch control: The batch that begins on line 1 has no batch control.",
            "RAISED 5:1 R03 No Account / Unable to Locate Account: $0.08 to Adam Shannon, PPD account va of Robert \
             Smith; no transaction of ours matches",
            "RAISED 7:1 R03 No Account / Unable to Locate Account: $0.19 to Adam Shannon, PPD account va of Robert \
             Smith; no transaction of ours matches",
            "ERROR 8:1 Batch control: The batch that begins on line 4 has no batch control.",
            "ERROR 8:1 File control: The file ends without a file control (record type 9).",
        ],
        transactions: &[
            "RETURN SETTLED 146 of 2020-05-28",
            "RETURN SETTLED 19 of 2020-05-28",
            "RETURN SETTLED 8 of 2020-05-28",
        ],
        exceptions: &[
            "ACH_RETURN R02 XXX1",
            "ACH_RETURN R03 XXX2",
            "ACH_RETURN R03 XXX2",
        ],
    },
    Sample {
        file: "iat-addenda99.ach",
        report: &[
            "RAISED 3:1 R01 Insufficient Funds: $1,000.00 to BEK Enterprises, IAT TRADEPAYMT of BEK Solutions; no \
             transaction of ours matches",
        ],
        transactions: &["RETURN SETTLED 100000 of 2019-01-16"],
        exceptions: &["ACH_RETURN R01 6789"],
    },
    Sample {
        file: "return-no-batch-controls.ach",
        report: &[
            NO_HEADER,
            "RAISED 2:1 R01 Insufficient Funds: $123.54 from Paul Jones, WEB TRANSFER of CoinLion; no transaction of \
             ours matches",
            "ERROR 4:1 Batch control: The batch that begins on line 1 has no batch control.",
            "RAISED 5:1 C01 Incorrect DFI Account Number: Best Co. #23, COR Vendor Pay of Your Company, in; no \
             transaction of ours matches",
            "ERROR 6:1 Batch control: The batch that begins on line 4 has no batch control.",
            "ERROR 6:1 File control: The file ends without a file control (record type 9).",
        ],
        transactions: &["RETURN SETTLED 12354 of no day"],
        exceptions: &["ACH_NOC C01 8-99", "ACH_RETURN R01 6789"],
    },
    Sample {
        file: "return-no-file-header-control.ach",
        report: &[
            NO_HEADER,
            "RAISED 2:1 R01 Insufficient Funds: $123.54 from Paul Jones, WEB TRANSFER of CoinLion; no transaction of \
             ours matches",
            "ERROR 4:1 File control: The file ends without a file control (record type 9).",
        ],
        transactions: &["RETURN SETTLED 12354 of no day"],
        exceptions: &["ACH_RETURN R01 6789"],
    },
    Sample {
        file: "ppd-debit.ach",
        report: &["RECORDED 3:1 $1,000,000.00 from Receiver Account Name, PPD REG.SALARY of Name on Account"],
        transactions: &["REQUEST SETTLED 100000000 of 2019-06-25"],
        exceptions: &[],
    },
    Sample {
        file: "ppd-debit-fixedLength.ach",
        report: &["RECORDED 1:189 $105.00 from Bachman Eric, PPD CHECKPAYMT of companyname"],
        transactions: &["REQUEST SETTLED 10500 of 2008-07-30"],
        exceptions: &[],
    },
    Sample {
        file: "two-micro-deposits.ach",
        report: &[
            "RECORDED 3:1 $0.44 to Distracted Austin, PPD Moov, Inc of Moov - paygate m",
            "RECORDED 5:1 $0.32 to Distracted Austin, PPD Moov, Inc of Moov - paygate m",
            "RECORDED 7:1 $0.76 from Distracted Austin, PPD Moov, Inc of Moov - paygate m",
            "RECORDED 11:1 $0.02 to Distracted Austin, PPD Moov, Inc of Moov - paygate m",
            "RECORDED 13:1 $0.42 to Distracted Austin, PPD Moov, Inc of Moov - paygate m",
            "RECORDED 15:1 $0.44 from Distracted Austin, PPD Moov, Inc of Moov - paygate m",
        ],
        transactions: &[
            "REQUEST SETTLED 44 of 2020-03-25",
            "REQUEST SETTLED 76 of 2020-03-25",
            "SEND SETTLED 2 of 2020-03-25",
            "SEND SETTLED 32 of 2020-03-25",
            "SEND SETTLED 42 of 2020-03-25",
            "SEND SETTLED 44 of 2020-03-25",
        ],
        exceptions: &[],
    },
    Sample {
        file: "web-invalidNOCFile.ach",
        report: &[
            "WARNING 4:4 Change code: \"C92\" is not a known change code.",
            "RAISED 3:1 Unknown change code C92: Best Co. #23, COR Vendor Pay of Your Company, in; no transaction of \
             ours matches",
        ],
        transactions: &[],
        exceptions: &["ACH_NOC C92 8-99"],
    },
    Sample {
        file: "crasher-0.ach",
        report: &[
            NO_HEADER,
            "NOTED 1:95 An entry of no money; nothing was recorded.",
            "ERROR 1:189 Batch control: The batch that begins on line 1 has no batch control.",
            "ERROR 1:189 File control: The file ends without a file control (record type 9).",
        ],
        transactions: &[],
        exceptions: &[],
    },
];

async fn comes_out_as_it_should(backend: Backend, expected: &Sample) {
    let app = TestApp::start_on(backend).await;
    let page = app
        .as_clerk()
        .await
        .import(expected.file, sample(expected.file))
        .await;
    let left = left(&app).await;
    assert_eq!(left.report(), expected.report, "{}", expected.file);
    let mut transactions: Vec<String> = left
        .transactions
        .iter()
        .map(|t| {
            let day = t.settlement_date.map_or("no day".into(), |d| d.0.to_string());
            format!("{} {} {} of {day}", t.kind, t.status, t.amount)
        })
        .collect();
    transactions.sort();
    assert_eq!(transactions, expected.transactions, "{}", expected.file);
    let mut exceptions: Vec<String> = left
        .exceptions
        .iter()
        .map(|e| {
            format!(
                "{} {} {}",
                e.kind,
                e.code.as_deref().unwrap_or("-"),
                e.account_tail
            )
        })
        .collect();
    exceptions.sort();
    assert_eq!(exceptions, expected.exceptions, "{}", expected.file);
    let numbers: Vec<i64> = page.find(".tile b").iter().map(|n| n.parse().unwrap()).collect();
    let count = |outcomes: &[&str]| {
        let of = |l: &&LineRow| outcomes.contains(&l.outcome.as_str());
        i64::try_from(left.lines.iter().filter(of).count()).unwrap()
    };
    assert_eq!(
        numbers,
        [
            i64::try_from(left.lines.len()).unwrap(),
            count(&["RAISED"]),
            count(&["RECORDED"]),
            0,
            count(&["NOT_READ", "ERROR", "WARNING"]),
        ],
        "the page and the report of {} agree",
        expected.file
    );
}

#[actix_web::test]
async fn every_sample_comes_out_as_it_should_on_both_databases() {
    for backend in both() {
        for expected in SAMPLES {
            comes_out_as_it_should(backend, expected).await;
        }
    }
}

#[actix_web::test]
async fn the_check_changes_nothing_and_tells_what_will_be_raised() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let page = clerk.upload("return-WEB.ach", sample("return-WEB.ach")).await;
    assert!(page.says("Importing the 2 entries records 0 payments and raises 2 exceptions."));
    assert!(page.says("Every control is there and adds up."));
    assert_eq!(page.find("#totals + table tbody tr").len(), 4);
    assert!(page.says("Insufficient Funds"));
    let left = left(&app).await;
    assert!(left.lines.is_empty() && left.exceptions.is_empty() && left.transactions.is_empty());
    let damaged = clerk
        .upload("bh.ach", sample("bh-ed-ad-bh-ed-ad-ed-ad.ach"))
        .await;
    assert_eq!(damaged.find("#problems-in-file").len(), 1);
    assert!(damaged.says("The batch that begins on line 4 has no batch control."));
}

#[actix_web::test]
async fn a_checked_file_can_be_discarded_and_only_the_history_knows_of_it() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let page = clerk.upload("x.ach", sample("return-WEB.ach")).await;
    let done = clerk
        .submit(&page.path, &format!("{}/discard", page.path), &[])
        .await;
    assert!(done.says("x.ach was discarded; nothing was changed."));
    assert_eq!(clerk.get(&page.path).await.status, 404);
    let again = clerk.upload("x.ach", sample("return-WEB.ach")).await;
    assert_ne!(again.path, page.path);
    let late = clerk.run_import(&again.path).await;
    assert_eq!(late.status, 200);
    let refused = clerk
        .post(
            &format!("{}/discard", again.path),
            &[("csrf_token", clerk.token().await)],
        )
        .await;
    assert_eq!(refused.status, 422);
}

#[actix_web::test]
async fn the_original_and_the_report_can_be_downloaded() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let file = sample("return-WEB.ach");
        let page = clerk.import("retours \"é\".ach", file.clone()).await;
        let (headers, bytes) = clerk.bytes(&format!("{}/file", page.path)).await;
        assert_eq!(bytes, file);
        assert_eq!(
            headers["content-disposition"],
            "attachment; filename=\"retours __.ach\"; filename*=UTF-8''retours%20%22%C3%A9%22.ach"
                .replace("__", "___")
        );
        let (headers, csv) = clerk.bytes(&format!("{}/report.csv", page.path)).await;
        assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
        let csv = String::from_utf8(csv).unwrap();
        let rows: Vec<&str> = csv.lines().collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0], "line,column,outcome,what,exception,transaction");
        assert!(rows[1].starts_with("3,1,RAISED,\"R01 Insufficient Funds: $123.54 from Paul Jones,"));
        let report = clerk.get(&format!("{}/report", page.path)).await;
        assert_eq!(report.find("tbody tr").len(), 2);
        let links = report.attribute("tbody a", "href");
        assert_eq!(links.iter().filter(|l| l.starts_with("/exceptions/")).count(), 2);
    }
}

#[actix_web::test]
async fn what_an_import_raised_and_who_imported_it_is_listed() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    assert!(clerk.get("/imports").await.says("No files yet"));
    let page = clerk.import("return-WEB.ach", sample("return-WEB.ach")).await;
    let list = clerk.get("/imports").await;
    assert_eq!(list.find("tbody tr").len(), 1);
    assert!(list.says("Clerk One"));
    let id = page.path.rsplit('/').next().unwrap();
    assert!(
        list.attribute("tbody a", "href")
            .contains(&format!("/exceptions?import={id}"))
    );
    assert!(
        page.attribute("a", "href")
            .contains(&format!("/exceptions?import={id}&type=ACH_RETURN&code=R01"))
    );
}
