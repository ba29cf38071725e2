//! The query string of a list: taken apart by name, everything that is wrong told at once. Unknown names are ignored,
//! and a value of nothing counts as not sent.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::kernel::error::{AppError, AppResult, Code, FieldErrors};

/// What stands in a query string.
#[derive(Clone, Debug, Default)]
pub struct Params {
    path: String,
    pairs: Vec<(String, String)>,
    errors: FieldErrors,
}

impl FromRequest for Params {
    type Error = AppError;
    type Future = std::future::Ready<AppResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let unreadable = || AppError::refused(Code::BadRequest, "The address's query cannot be read.");
        // No text that we keep has a NUL, and a database would refuse it.
        let pairs = serde_urlencoded::from_str::<Vec<(String, String)>>(request.query_string())
            .ok()
            .filter(|pairs| !pairs.iter().any(|(_, value)| value.contains('\0')))
            .ok_or_else(unreadable);
        std::future::ready(pairs.map(|pairs| Self {
            path: request.path().to_owned(),
            pairs,
            errors: FieldErrors::default(),
        }))
    }
}

impl Params {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(n, value)| n == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }

    /// What counts when a name is not given. Addresses built from this one keep it.
    pub fn usually(&mut self, name: &'static str, value: &str) {
        if self.values(name).next().is_none() {
            self.pairs.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The value of a name that may come once.
    pub fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.values(name);
        let first = values.next().map(str::to_owned);
        if values.next().is_some() {
            drop(values);
            self.errors.add(name, format!("{name} may be given once."));
            return None;
        }
        first
    }

    /// A value of a name that may come once, parsed.
    pub fn take<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.one(name)?;
        self.errors.take(name, parse(&text))
    }

    /// One of a list of words.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        known: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.take(name, |text| {
            parse(text).ok_or_else(|| format!("{name} is one of {known}."))
        })
    }

    /// The values of a name that may be repeated, or given once with commas between.
    pub fn many(&self, name: &str) -> Vec<String> {
        self.values(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Several of a list of words.
    pub fn words<T>(&mut self, name: &'static str, known: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let parsed: Vec<Option<T>> = self.many(name).iter().map(|text| parse(text)).collect();
        if parsed.iter().any(Option::is_none) {
            self.wrong(name, format!("{name} is any of {known}."));
        }
        parsed.into_iter().flatten().collect()
    }

    /// Several of a list of words that stand for themselves.
    pub fn among(&mut self, name: &'static str, known: &[&'static str]) -> Vec<&'static str> {
        self.words(name, &known.join(", "), |text| {
            known.iter().copied().find(|word| *word == text)
        })
    }

    /// The values of a name that may be repeated and have commas in them.
    pub fn repeated(&self, name: &str) -> Vec<String> {
        self.values(name).map(str::to_owned).collect()
    }

    /// Notes what is wrong with a name.
    pub fn wrong(&mut self, name: &'static str, sentence: impl Into<String>) {
        self.errors.add(name, sentence);
    }

    /// After the last was taken: whether all of them could be read.
    ///
    /// # Errors
    /// 400 that names every one that could not.
    pub fn finish(&mut self) -> AppResult<()> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(AppError::BadQuery(std::mem::take(&mut self.errors)))
    }

    /// This address with some names given otherwise; none leaves a name out.
    pub fn address(&self, otherwise: &[(&str, Option<String>)]) -> String {
        let kept = self
            .pairs
            .iter()
            .filter(|(name, _)| !otherwise.iter().any(|(n, _)| n == name))
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let new = otherwise
            .iter()
            .filter_map(|(name, value)| value.as_deref().map(|v| (*name, v)));
        let pairs: Vec<(&str, &str)> = kept.chain(new).collect();
        if pairs.is_empty() {
            return self.path.clone();
        }
        format!(
            "{}?{}",
            self.path,
            serde_urlencoded::to_string(pairs).unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params {
            path: "/api/x".into(),
            pairs: serde_urlencoded::from_str(query).unwrap(),
            errors: FieldErrors::default(),
        }
    }

    #[test]
    fn lists_are_repeated_or_have_commas() {
        let mut sent = params("status=NEW,RESOLVED&status=REOPENED&status=&type=A&type=B");
        assert_eq!(sent.many("status"), ["NEW", "RESOLVED", "REOPENED"]);
        assert_eq!(sent.one("type"), None);
        assert_eq!(sent.one("size"), None);
        assert!(matches!(sent.finish(), Err(AppError::BadQuery(errors)) if errors.iter().count() == 1));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut sent = params("a=1&b=2&c=3");
        let mut no = |name| sent.word(name, "X or Y", |_| None::<()>);
        assert!(no("a").is_none() && no("b").is_none() && no("missing").is_none());
        assert!(matches!(sent.finish(), Err(AppError::BadQuery(errors)) if errors.iter().count() == 2));
        assert!(sent.finish().is_ok());
    }

    #[test]
    fn an_address_keeps_the_other_names() {
        let sent = params("status=NEW&page=1&status=OPEN%26");
        assert_eq!(
            sent.address(&[("page", Some("2".into())), ("cursor", None)]),
            "/api/x?status=NEW&status=OPEN%26&page=2"
        );
        assert_eq!(params("page=1").address(&[("page", None)]), "/api/x");
    }
}
