//! The frame around every page: what the layout prints, and how it comes about.

use actix_web::HttpRequest;

use super::{assets, csrf, flash, ui, visit::Visit};
use crate::{
    app::App,
    auth::{permission::Right, principal::Principal},
    kernel::{
        crypto,
        error::{AppError, FieldErrors},
    },
    notifications,
    queues::beside,
};

/// What `layout/shell.html` and `layout/bare.html` print.
pub struct Shell {
    pub title: String,
    pub nav: Vec<NavItem>,
    pub accounts: Vec<AccountChoice>,
    pub person: Option<PersonView>,
    pub flash: Vec<Flash>,
    pub csrf: String,
    pub nonce: String,
    pub css: String,
    pub js: String,
    pub demo: bool,
    /// How many notifications are unread; empty when none is.
    pub unread: String,
    /// What stands in the search box.
    pub searched: String,
}

/// The entries of the left column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Work,
    Queue,
    Load,
    Reviews,
    Approvals,
    Disputes,
    Transactions,
    Accounts,
    Imports,
    Reports,
    /// The pages of the settings, of which people are the first.
    People,
    History,
}

/// Label, address, icon and the right it takes, in the order of the column.
const NAV: [(Section, &str, &str, &str, Right); 12] = [
    (Section::Work, "My work", "/", "list-checks", Right::Work),
    (Section::Queue, "Queues", "/exceptions", "inbox", Right::Read),
    (Section::Load, "Workload", "/workload", "scale", Right::Supervise),
    (
        Section::Reviews,
        "Reviews",
        "/reviews",
        "badge-check",
        Right::Read,
    ),
    (
        Section::Approvals,
        "Approvals",
        "/approvals",
        "stamp",
        Right::Read,
    ),
    (
        Section::Disputes,
        "Disputes",
        "/disputes",
        "shield-alert",
        Right::Read,
    ),
    (
        Section::Transactions,
        "Transactions",
        "/transactions",
        "arrow-left-right",
        Right::Read,
    ),
    (
        Section::Accounts,
        "Accounts",
        "/accounts",
        "landmark",
        Right::Read,
    ),
    (Section::Imports, "Imports", "/imports", "file-up", Right::Read),
    (
        Section::Reports,
        "Reports",
        "/reports",
        "chart-column",
        Right::Read,
    ),
    (Section::People, "Settings", "/settings", "settings", Right::Read),
    (
        Section::History,
        "Audit log",
        "/settings/history",
        "history",
        Right::Audit,
    ),
];

impl Shell {
    /// The frame for `title`, as this person in this browser sees it; bare without a person.
    pub fn new(
        app: &App,
        request: &HttpRequest,
        principal: Option<&Principal>,
        title: impl Into<String>,
        section: Option<Section>,
    ) -> Self {
        let (tied_to, nonce) = Visit::get(request)
            .map(|v| (v.tie(principal.map(|p| p.session)), v.nonce))
            .unwrap_or_default();
        let mut shell = Self::bare(title, &nonce);
        shell.csrf = csrf::token(&app.vault, &tied_to).unwrap_or_default();
        shell.flash = flash::read(request).into_iter().collect();
        if let Some(principal) = principal {
            shell.nav = nav_of(principal, section);
            shell.accounts = accounts_of(principal);
            shell.person = Some(PersonView {
                name: principal.actor.name.clone(),
                initials: ui::initials(&principal.actor.name),
                email: principal.email.clone(),
                role: principal.actor.role.label().to_owned(),
                zone: principal.own_zone().name(),
            });
            shell.demo = principal.account.is_demo;
            shell.unread = notifications::centre::written(principal.unread);
        }
        shell
    }

    /// A key for one form of the page as it is shown: a form that adds something sends it, so that what is sent twice
    /// is done once. Made where a page prints it, another each time.
    pub fn form_key(&self) -> String {
        crypto::new_token().unwrap_or_default()
    }

    /// With lines below the entry that is current.
    #[must_use]
    pub fn below(mut self, lines: Vec<SubItem>) -> Self {
        if let Some(entry) = self.nav.iter_mut().find(|entry| entry.current) {
            entry.below = lines;
        }
        self
    }

    /// The frame of a page for nobody in particular.
    pub fn bare(title: impl Into<String>, nonce: &str) -> Self {
        Self {
            title: title.into(),
            nav: Vec::new(),
            accounts: Vec::new(),
            person: None,
            flash: Vec::new(),
            csrf: String::new(),
            nonce: nonce.to_owned(),
            css: assets::path("css/docket.css"),
            js: assets::path("js/docket.js"),
            demo: false,
            unread: String::new(),
            searched: String::new(),
        }
    }
}

fn nav_of(principal: &Principal, section: Option<Section>) -> Vec<NavItem> {
    NAV.iter()
        .filter(|(.., right)| principal.actor.may(*right))
        .map(|(entry, label, href, icon, _)| NavItem {
            label,
            href: (*href).to_owned(),
            icon,
            current: section == Some(*entry),
            count: None,
            below: match entry {
                Section::Queue => beside::links(&principal.saved_queues, None),
                _ => Vec::new(),
            },
        })
        .collect()
}

fn accounts_of(principal: &Principal) -> Vec<AccountChoice> {
    principal
        .memberships
        .iter()
        .map(|m| AccountChoice {
            id: m.account_id.to_string(),
            name: m.account_name.clone(),
            current: m.account_id == principal.actor.business_account,
        })
        .collect()
}

pub struct NavItem {
    pub label: &'static str,
    pub href: String,
    pub icon: &'static str,
    pub current: bool,
    pub count: Option<String>,
    /// What is below it: while its section is open, and the saved queues always.
    pub below: Vec<SubItem>,
}

/// One line below an entry of the left column.
pub struct SubItem {
    pub label: String,
    pub href: String,
    pub current: bool,
    pub count: String,
}

/// One entry of the business-account switcher, a POST form to `/switch`.
pub struct AccountChoice {
    pub id: String,
    pub name: String,
    pub current: bool,
}

pub struct PersonView {
    pub name: String,
    pub initials: String,
    pub email: String,
    pub role: String,
    /// The time zone that pages write times in for them.
    pub zone: &'static str,
}

pub struct Flash {
    pub kind: FlashKind,
    pub text: String,
    /// Address and words of a link after the text.
    pub link: Option<(String, String)>,
}

pub enum FlashKind {
    Success,
    Notice,
    Error,
}

impl FlashKind {
    pub fn class(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Notice => "notice",
            Self::Error => "error",
        }
    }

    pub fn icon(&self) -> &'static str {
        match self {
            Self::Success => "circle-check",
            Self::Notice => "info",
            Self::Error => "circle-alert",
        }
    }
}

/// A form field's state: what was typed, and what is wrong with it.
#[derive(Clone, Default)]
pub struct Field {
    pub value: String,
    pub error: Option<String>,
}

impl Field {
    /// The field `name` of a form that was typed as `value`, with what `errors` say of it.
    pub fn of(value: &str, name: &str, errors: &FieldErrors) -> Self {
        Self {
            value: value.to_owned(),
            error: errors.of(name),
        }
    }
}

/// One line of the error summary; `field` is the id it links to, or empty when no single field is at fault.
pub struct Problem {
    pub field: String,
    pub text: String,
}

/// What a form that comes back says: the page's status, what is wrong with the fields, and the summary of it all.
pub struct Refused {
    pub status: u16,
    pub errors: FieldErrors,
    pub problems: Vec<Problem>,
}

impl Refused {
    /// Of a form that was refused with `error`; of one that is shown for the first time without.
    pub fn with(error: Option<AppError>) -> Self {
        let status = error.as_ref().map_or(200, |e| e.code().status());
        let (errors, told) = match error {
            Some(AppError::Invalid(errors)) => (errors, None),
            Some(other) => (FieldErrors::default(), Some(other.sentence())),
            None => (FieldErrors::default(), None),
        };
        let mut problems = problems(&errors);
        problems.extend(told.map(|text| Problem {
            field: String::new(),
            text,
        }));
        Self {
            status,
            errors,
            problems,
        }
    }
}

/// The error summary at the top of a form.
pub fn problems(errors: &FieldErrors) -> Vec<Problem> {
    errors
        .iter()
        .map(|e| Problem {
            field: e.field.to_string(),
            text: e.sentence.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_column_has_its_icon_on_every_page() {
        let always = include_str!("../../templates/layout/sprite.html");
        for (.., icon, _) in NAV {
            assert!(always.contains(&format!("id=\"i-{icon}\"")), "{icon}");
        }
    }
}
