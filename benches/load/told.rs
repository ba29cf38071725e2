//! P3: an exception to which much was done and said.

use serde_json::{Value, json};

use crate::Result;
use crate::visitors::Api;

/// A claim and a release are two entries, and so are two comments; the first says that it was raised.
const ROUNDS: usize = 50;

/// Raises an exception by the API, lets it have 201 entries of activity, and gives its address.
pub(crate) fn raise(api: &mut Api) -> Result<String> {
    let worker = api.worker()?;
    let raised = json!({
        "type": "ACH_RETURN",
        "description": "R01 for an entry of much talk",
        "returnCode": "R01",
        "amount": "1200.00",
        "currency": "USD",
        "party": "Much Talk",
        "accountNumber": "123456789",
    });
    let raised: Value = serde_json::from_str(&api.send("POST", "/api/v1/exceptions", &raised)?)?;
    let id = raised["id"].as_str().ok_or("an exception without an id")?;
    let (one, comments) = (
        format!("/api/exceptions/{id}"),
        format!("/api/v1/exceptions/{id}/comments"),
    );
    for round in 0..ROUNDS {
        api.send("PATCH", &one, &json!({ "assignedTo": { "id": worker } }))?;
        for said in ["I called the bank", "They call back"] {
            api.send(
                "POST",
                &comments,
                &json!({ "content": format!("{said}, for the {round}. time.") }),
            )?;
        }
        api.send("PATCH", &one, &json!({ "assignedTo": null }))?;
    }
    Ok(format!("/exceptions/{id}"))
}
