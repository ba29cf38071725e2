//! A new secret key: everything is sealed anew while the desk goes on, and the former key opens nothing any more.

use std::process::Command;

use diesel::prelude::*;
use docket::{
    accounts::{NewExternal, Subtype, commands::find_or_add_external},
    app::App,
    approvals::decide::approve,
    auth::{actor::Actor, permission::Role},
    config::Settings,
    db::schema::{
        approvals, connectors, exception_sources, financial_accounts, history_events, import_chunks,
        vault_keys,
    },
    dispatch::model::Target,
    history::verify::{Verdict, verify},
    kernel::crypto::Vault,
    keys,
};

use crate::{
    connectors::connect,
    harness::{TestApp, both, sample},
    money_faults::approvals_that_wait,
    payments::{Payments, ROUTING},
};

const NEW: &str = "a new secret of more than 32 characters";

/// The same installation with these secrets, as after a restart.
fn with(app: &TestApp, secret: &str, previous: Option<&str>) -> docket::kernel::error::AppResult<App> {
    let settings = Settings {
        secret_key: Some(secret.into()),
        previous_secret_key: previous.map(Into::into),
        ..(*app.app.settings).clone()
    };
    App::open(settings, app.clock.clone())
}

/// Every sealed value there is.
fn sealed(app: &TestApp) -> Vec<Vec<u8>> {
    let mut conn = app.intruder();
    let c = &mut conn;
    let mut all: Vec<Vec<u8>> = Vec::new();
    all.extend(
        financial_accounts::table
            .select(financial_accounts::number_sealed)
            .load::<Vec<u8>>(c)
            .unwrap(),
    );
    all.extend(
        import_chunks::table
            .select(import_chunks::sealed)
            .load::<Vec<u8>>(c)
            .unwrap(),
    );
    all.extend(
        vault_keys::table
            .select(vault_keys::sealed)
            .load::<Vec<u8>>(c)
            .unwrap(),
    );
    let secrets: Vec<(Option<Vec<u8>>, Vec<u8>)> = connectors::table
        .select((connectors::credential, connectors::secret))
        .load(c)
        .unwrap();
    assert!(!secrets.is_empty());
    for (credential, secret) in secrets {
        all.extend(credential);
        all.push(secret);
    }
    let asked: Vec<Option<Vec<u8>>> = approvals::table.select(approvals::number_sealed).load(c).unwrap();
    all.extend(asked.into_iter().flatten());
    let entries: Vec<Option<Vec<u8>>> = exception_sources::table
        .select(exception_sources::entry_sealed)
        .load(c)
        .unwrap();
    all.extend(entries.into_iter().flatten());
    all
}

fn payee() -> NewExternal<'static> {
    NewExternal {
        name: "Dov Marlowe",
        holder_name: "Dov Marlowe",
        routing_number: ROUTING,
        number: "000123456789",
        subtype: Subtype::Checking,
    }
}

#[actix_web::test]
async fn everything_is_sealed_anew_while_the_desk_goes_on() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let waiting = approvals_that_wait(&pay).await;
        connect(&app, Target::Jira, "https://example.com").await;
        let owner = app.as_owner().await;
        let import = owner
            .upload("return-WEB.ach", sample("return-WEB.ach"))
            .await
            .path;
        owner.submit(&import, &format!("{import}/run"), &[]).await;
        let old = app.app.settings.secret_key.as_ref().unwrap().reveal();
        let before = sealed(&app);
        assert!(before.len() > 5 && before.iter().all(|s| app.app.vault.is_newest(s)));

        // Without the former secret it does not start, and says why.
        let Err(refused) = with(&app, NEW, None) else {
            panic!("it started with a wrong secret")
        };
        assert!(refused.to_string().contains("previous_secret_key"), "{refused}");

        let both_keys = with(&app, NEW, Some(old)).unwrap();
        let actor = Actor::internal(app.account);
        let busy = (0..40).map(|n: u32| {
            let (db, vault, actor) = (both_keys.db.clone(), both_keys.vault.clone(), actor.clone());
            async move {
                db.write(actor.business_account, move |tx| {
                    let number = format!("55500{n}");
                    let new = NewExternal {
                        number: &number,
                        ..payee()
                    };
                    find_or_add_external(tx, &vault, &actor, &new)
                })
                .await
            }
        });
        let (changed, done) =
            futures_util::future::join(keys::rotate(&both_keys), futures_util::future::join_all(busy)).await;
        assert!(done.iter().all(Result::is_ok), "{backend:?}: {done:?}");
        assert!(changed.unwrap() >= before.len(), "{backend:?}");
        assert_eq!(
            keys::rotate(&both_keys).await.unwrap(),
            0,
            "a second time finds nothing"
        );

        // The former secret opens nothing; the new one alone opens everything and finds what was there.
        let former = Vault::new(old.as_bytes()).unwrap();
        let new = with(&app, NEW, None).unwrap();
        let after = sealed(&app);
        assert!(after.len() >= before.len());
        assert!(
            after
                .iter()
                .all(|s| new.vault.is_newest(s) && !former.is_newest(s)),
            "{backend:?}"
        );
        assert!(with(&app, old, None).is_err());
        let (vault, who) = (new.vault.clone(), actor.clone());
        let found = new
            .db
            .write(app.account, move |tx| {
                find_or_add_external(tx, &vault, &who, &payee())
            })
            .await;
        assert_eq!(found.unwrap(), pay.payee, "found by its number as before");
        let manager = app.actor(Role::Manager).await;
        for (name, id) in waiting {
            let (vault, who) = (new.vault.clone(), manager.clone());
            let done = new
                .db
                .write(app.account, move |tx| approve(tx, &vault, &who, id, None))
                .await;
            assert_eq!(done.unwrap().state.as_str(), "APPROVED", "{name}");
        }
        let account = app.account;
        let (told, verdict) = new
            .db
            .read(move |c| {
                let told: i64 = history_events::table
                    .filter(history_events::business_account_id.eq(account))
                    .filter(history_events::description.like("%with a new secret key"))
                    .count()
                    .get_result(c)?;
                Ok((told, verify(c, account, None)?))
            })
            .await
            .unwrap();
        assert_eq!(told, 1);
        assert!(matches!(verdict, Verdict::Whole(_)));
    }
}

#[test]
fn the_command_makes_a_new_key_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_docket"))
            .args(arguments)
            .env_clear()
            .env("DOCKET_DATA", folder.path())
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    };
    let key = || std::fs::read_to_string(folder.path().join("secret.key")).unwrap();
    assert!(run(&["audit", "verify"]).0);
    let first = key();
    let (worked, text) = run(&["key", "rotate"]);
    assert!(worked && text.contains("sealed with the new key"), "{text}");
    assert_ne!(key(), first);
    assert!(!folder.path().join("secret.key.previous").exists());
    assert!(run(&["audit", "verify"]).0, "it starts with the new key");
    // With the former key it does not.
    std::fs::write(folder.path().join("secret.key"), &first).unwrap();
    let (worked, text) = run(&["audit", "verify"]);
    assert!(!worked && text.contains("secret key is not the one"), "{text}");
    assert!(!text.contains(&first), "the key is not printed");
}
