//! Financial accounts through the API as RocketKOR's clients add and read them (rocketkor.md 7).

use docket::auth::permission::Role;
use serde_json::{Value, json};

use crate::{
    api_client::Api,
    harness::{Backend, TestApp, both},
    payments::Payments,
};

const EXTERNAL: &str = "/api/v1/external-bank-accounts";
const INTERNAL: &str = "/api/v1/internal-financial-accounts";
const HOLDER: &str = "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e";
const NUMBER: &str = "000444555666777";

fn outside() -> Value {
    json!({
        "name": "Ada Moss", "accountHolderId": HOLDER, "accountHolderType": "CUSTOMER", "subtype": "SAVING",
        "verificationMethod": "PRENOTE",
        "bankAccount": {"bankName": "First Example Bank", "routingNo": "123456780", "accountNumber": NUMBER,
            "nameOnAccount": "Ada B Moss"}
    })
}

async fn ids(api: &Api, query: &str) -> Vec<String> {
    let found = api
        .get(&format!("/api/v1/financial-accounts?{query}"))
        .await
        .json();
    let content = found["content"].as_array().unwrap();
    content
        .iter()
        .map(|a| a["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn adding(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let made = api.post(EXTERNAL, &outside()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!made.text.contains(NUMBER), "the number is not told again");
    let by = json!({"id": api.service_account.to_string(), "type": "service-account"});
    let told = made.json();
    assert_eq!(
        told,
        json!({
            "id": told["id"], "businessAccountId": app.account.to_string(), "name": "Ada Moss",
            "category": "EXTERNAL", "type": "BANK", "subtype": "SAVING", "defaultFlag": false, "currency": "USD",
            "accountHolderId": HOLDER, "accountHolderType": "CUSTOMER", "state": "ACTIVE",
            "maskedAccountNumber": "******6777", "verificationStatus": {"status": "UNVERIFIED"},
            "verificationMethod": "PRENOTE",
            "bankAccount": {"bankName": "First Example Bank", "routingNo": "123456780", "accountNumberTail": "6777",
                "nameOnAccount": "Ada B Moss"},
            "createdBy": by, "createdAt": told["createdAt"], "updatedBy": by, "updatedAt": told["updatedAt"],
            "version": 1
        })
    );
    assert_eq!(api.get(made.header("location")).await.json(), told);
    assert_eq!(api.post(EXTERNAL, &outside()).await.problem(409), "DUPLICATE");

    let part = json!({"name": "Wallet of Ada Moss", "parentId": pay.own, "accountHolderId": HOLDER,
        "accountHolderType": "RECIPIENT"});
    let inside = api.post(INTERNAL, &part).await;
    assert_eq!(inside.status, 201, "{}", inside.text);
    let kept = inside.json();
    assert_eq!(
        (&kept["category"], &kept["parentId"], &kept["accountHolderType"]),
        (&json!("INTERNAL"), &json!(pay.own), &json!("RECIPIENT"))
    );
    // It can pay and be paid.
    let paid = api
        .post(
            "/api/v1/transactions",
            &json!({"debitFinancialAccountId": kept["id"], "creditFinancialAccountId": told["id"],
                "transactionType": "SEND", "solution": "ach", "amount": "1.00", "paymentReasonId": "payroll"}),
        )
        .await;
    assert_eq!(paid.status, 201, "{}", paid.text);

    let (outer, inner) = (told["id"].as_str().unwrap(), kept["id"].as_str().unwrap());
    for (query, found) in [
        (format!("accountHolderId={HOLDER}"), vec![outer, inner]),
        (format!("parentId={}", pay.own), vec![inner]),
        (
            "accountHolderTypes=RECIPIENT&categories=INTERNAL".into(),
            vec![inner],
        ),
        (
            format!("accountHolderTypes=CUSTOMER&accountHolderId={HOLDER}"),
            vec![outer],
        ),
        (
            "accountHolderTypes=BUSINESS_ACCOUNT&categories=EXTERNAL".into(),
            vec![],
        ),
        ("parentId=none".into(), vec![]),
    ] {
        let (mut listed, mut expected) = (ids(&api, &query).await, found);
        listed.sort();
        expected.sort_unstable();
        assert_eq!(listed, expected, "{query}");
    }
    assert!(
        !ids(&api, "accountHolderTypes=BUSINESS_ACCOUNT")
            .await
            .contains(&inner.to_owned())
    );
}

#[actix_web::test]
async fn accounts_are_added_and_found_by_their_holders_on_both_databases() {
    for backend in both() {
        adding(backend).await;
    }
}

#[actix_web::test]
async fn every_wrong_field_of_an_account_is_told_at_once_and_nothing_of_another_tenant_is_taken() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let long = "x".repeat(101);
    let wrong = api
        .post(
            EXTERNAL,
            &json!({"name": long, "accountHolderId": "ada", "accountHolderType": "FRIEND", "subtype": "GOLD",
                "bankAccount": {"routingNo": "123456789", "accountNumber": "1".repeat(21), "bankName": 5,
                    "nameOnAccount": "y".repeat(41)}}),
        )
        .await;
    wrong.problem(400);
    let mut paths = wrong.wrong_fields();
    paths.sort();
    assert_eq!(
        paths,
        [
            "accountHolderId",
            "accountHolderType",
            "bankAccount.accountNumber",
            "bankAccount.bankName",
            "bankAccount.nameOnAccount",
            "bankAccount.routingNo",
            "name",
            "subtype"
        ]
    );
    assert_eq!(
        api.post(EXTERNAL, &json!({})).await.wrong_fields(),
        [
            "name",
            "accountHolderId",
            "accountHolderType",
            "subtype",
            "bankAccount"
        ]
    );
    let part = |parent: &str| json!({"name": "Wallet", "parentId": parent, "accountHolderId": HOLDER, "accountHolderType": "CUSTOMER"});
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let own = pay.own.to_string();
    for (api, parent) in [
        (&stranger, own.as_str()),
        (&api, pay.payee.to_string().as_str()),
        (&api, "nothing"),
    ] {
        let refused = api.post(INTERNAL, &part(parent)).await;
        assert_eq!(refused.problem(422), "INVALID_FIELDS");
        assert_eq!(refused.wrong_fields(), ["parentId"]);
    }
    let reader = Api::of(&app, Role::ViewOnly).await;
    for path in [EXTERNAL, INTERNAL] {
        assert_eq!(reader.post(path, &json!({})).await.problem(403), "FORBIDDEN");
    }
    let embedded = api
        .get(&format!("/api/v1/financial-accounts/{own}?embed=balances,limits"))
        .await;
    assert_eq!(embedded.status, 200);
    let unknown = api
        .get(&format!("/api/v1/financial-accounts/{own}?embed=shoes"))
        .await;
    unknown.problem(400);
    assert_eq!(unknown.wrong_fields(), ["embed"]);
    assert!(
        unknown.json()["errors"][0].get("pointer").is_none(),
        "the address is no body"
    );
}

#[actix_web::test]
async fn a_transaction_is_shown_with_its_accounts() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let path = format!("/api/v1/transactions/{}", row.id);
    let plain = api.get(&path).await.json();
    assert!(plain.get("_embedded").is_none());
    let both = api
        .get(&format!(
            "{path}?embed=debitFinancialAccount,creditFinancialAccount.balances"
        ))
        .await
        .json();
    for (name, id) in [
        ("debitFinancialAccount", pay.own),
        ("creditFinancialAccount", pay.payee),
    ] {
        let alone = api.get(&format!("/api/v1/financial-accounts/{id}")).await.json();
        assert_eq!(both["_embedded"][name], alone, "{name}");
    }
    let one = api
        .get(&format!("{path}?embed=debitFinancialAccount"))
        .await
        .json();
    assert!(one["_embedded"].get("creditFinancialAccount").is_none());
    let nothing = api
        .get(&format!("{path}?embed=transactionProviderDetails"))
        .await
        .json();
    assert_eq!(nothing["_embedded"], json!({}));
    let unknown = api
        .get(&format!("{path}?embed=debitFinancialAccount,shoes"))
        .await;
    unknown.problem(400);
    assert_eq!(unknown.wrong_fields(), ["embed"]);
}
