//! Which columns of the queue a person sees. All of them are in the page, so that script and style find each in its
//! place; style leaves out what is not wanted.

use actix_web::web::Data;
use diesel::prelude::*;

use crate::{
    app::App,
    auth::permission::Read,
    db::{Tx, schema::team_members},
    kernel::{error::AppResult, id::TeamMemberId},
    web::{form::Submit, page::SeeOther, ui::Choice},
};

/// The columns that can be left out, by their number in the table. Severity, the exception and Take always stay.
const COLUMNS: [(u32, &str); 7] = [
    (3, "Party"),
    (4, "Amount"),
    (5, "Status"),
    (6, "Assignee"),
    (7, "Due"),
    (8, "Age"),
    (9, "Updated"),
];

/// Style's classes for the columns that are left out.
pub fn classes(hidden: i64) -> String {
    let mut classes = String::new();
    for (number, _) in COLUMNS.iter().filter(|(number, _)| is_hidden(hidden, *number)) {
        classes.push_str(" no");
        classes.push_str(&number.to_string());
    }
    classes
}

fn is_hidden(hidden: i64, number: u32) -> bool {
    hidden & (1 << number) != 0
}

/// The columns as check boxes, those that are seen checked.
pub fn choices(hidden: i64) -> Vec<Choice> {
    COLUMNS
        .iter()
        .map(|(number, label)| Choice {
            value: number.to_string(),
            label: (*label).to_owned(),
            selected: !is_hidden(hidden, *number),
        })
        .collect()
}

/// Keeps which columns `member` sees; numbers that are none are left out.
///
/// # Errors
/// The database's.
pub fn choose(tx: &mut Tx<'_>, member: TeamMemberId, seen: &[u32]) -> AppResult<()> {
    let hidden: i64 = COLUMNS
        .iter()
        .filter(|(number, _)| !seen.contains(number))
        .map(|(number, _)| 1 << number)
        .sum();
    diesel::update(team_members::table.find(member))
        .set(team_members::hidden_columns.eq(hidden))
        .execute(tx.conn)?;
    Ok(())
}

/// `POST /exceptions/columns`: a `column[]` for each that is seen, and the list to go back to.
pub async fn update(app: Data<App>, form: Submit<Read, Vec<(String, String)>>) -> AppResult<SeeOther> {
    let (member, account) = (form.who.who.member, form.who.account());
    let all = |name: &'static str| {
        form.form
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    };
    let seen: Vec<u32> = all("column[]").filter_map(|v| v.parse().ok()).collect();
    // Only ever to a queue of ours.
    let back = all("back")
        .find(|b| b.starts_with("/exceptions?"))
        .unwrap_or("/exceptions?tab=open")
        .to_owned();
    app.db.write(account, move |tx| choose(tx, member, &seen)).await?;
    Ok(SeeOther::to(back))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_has_its_class_and_an_unchecked_box() {
        let hidden = 1 << 8 | 1 << 9;
        assert_eq!(classes(hidden), " no8 no9");
        assert_eq!(classes(0), "");
        let unchecked: Vec<String> = choices(hidden)
            .into_iter()
            .filter(|c| !c.selected)
            .map(|c| c.label)
            .collect();
        assert_eq!(unchecked, ["Age", "Updated"]);
    }
}
