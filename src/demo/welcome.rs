//! What the terminal shows: who can sign in, and with which keys the API is called.

use std::{fmt::Write, path::Path};

use super::{Outcome, PASSWORD, PEOPLE, api_keys, team::OFFICES};

/// The table of logins and API keys, and where the data is.
pub fn welcome(outcome: Outcome, data: &Path) -> String {
    let folder = data.display();
    let mut text = match outcome {
        Outcome::Filled => format!("Demo data is in {folder}.\n"),
        Outcome::Found => format!("The demo data in {folder} was there already and stays as it is.\n"),
    };
    let _ = writeln!(text, "\nSign in with the password {PASSWORD}\n");
    let offices = OFFICES
        .iter()
        .flat_map(|o| std::iter::repeat_n(o.name, o.people()));
    for (person, office) in PEOPLE.iter().zip(offices) {
        let name = format!("{} {}", person.first_name, person.last_name);
        let _ = writeln!(
            text,
            "  {:<20}{:<18}{:<11}{office}",
            person.email,
            name,
            person.role.label()
        );
    }
    text.push_str("\nCall the API with a key and its secret\n\n");
    for (office, key) in api_keys() {
        let _ = writeln!(
            text,
            "  {:<20}{:<18}{:<11}{office}",
            key.key, key.secret, "Manager"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_and_every_key_is_told_with_the_business_account() {
        let text = welcome(Outcome::Filled, Path::new("demo-data"));
        for person in PEOPLE {
            assert!(text.contains(person.email), "{text}");
        }
        let last = text.lines().find(|l| l.contains("clerk@other.test"));
        assert!(
            last.is_some_and(|l| l.ends_with("Other Street Lending")),
            "{text}"
        );
        assert!(text.contains("demo-key") && text.contains("other-secret"));
    }
}
