//! Passwords: argon2id on threads of its own, a bounded number at once; and which passwords are taken.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};

use super::background::Background;
use crate::kernel::error::{AppError, AppResult};

/// At least so many characters, as NIST SP 800-63B-4 asks of a password that is the only factor. Every kind of character
/// counts, and none is demanded.
pub const SHORTEST: usize = 15;
/// At most so many bytes: argon2 would take more, but nobody types it.
pub const LONGEST: usize = 512;
/// So many people may wait for their turn; the next is told that Docket is busy.
const WAITING: usize = 256;

/// Hashes and verifies. A hash takes 19 MiB and some 16 ms of one core.
#[derive(Clone)]
pub struct Hasher {
    threads: Arc<Background>,
    done: Arc<AtomicU64>,
    argon2: Argon2<'static>,
}

/// What is verified when there is no such person, so that the answer takes as long: the parameters of [`argon2`], and
/// a result of zeros, which is nobody's. Written down rather than made at the start, where it took 19 MiB for good.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Argon2<'static> {
    // 19 MiB, two passes, one lane: OWASP's first choice for argon2id.
    let params = Params::new(19_456, 2, 1, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Default for Hasher {
    fn default() -> Self {
        // One core stays free for pages.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = cores.saturating_sub(1).clamp(1, 8);
        Self {
            threads: Arc::new(Background::new("password", at_once, WAITING)),
            done: Arc::default(),
            argon2: argon2(),
        }
    }
}

impl Hasher {
    /// The hash to store for `password`.
    pub async fn hash(&self, password: String) -> AppResult<String> {
        self.in_turn(move |argon2| hash_now(&argon2, &password)).await
    }

    /// Whether `password` is the one that was hashed, exactly as typed. Without a hash it is not, after as long.
    pub async fn verify(&self, password: String, hash: Option<String>) -> AppResult<bool> {
        self.in_turn(move |argon2| {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let parsed =
                PasswordHash::new(&hash).map_err(|e| AppError::Internal(format!("stored hash: {e}")))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    /// How many passwords were hashed or verified since the start.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> AppResult<T> + Send + 'static,
    ) -> AppResult<T> {
        let (argon2, done) = (self.argon2.clone(), Arc::clone(&self.done));
        let work = move || {
            let outcome = work(argon2);
            done.fetch_add(1, Ordering::Relaxed);
            outcome
        };
        self.threads.run(work).await?
    }
}

fn hash_now(argon2: &Argon2<'_>, password: &str) -> AppResult<String> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| AppError::Internal(format!("hashing: {e}")))
}

/// Checks a password that someone wants to use. `about` are words that make it guessable: their name, their e-mail.
///
/// # Errors
/// A sentence for the field.
pub fn check_new(password: &str, about: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(format!(
            "Use at least {SHORTEST} characters; a few words with blanks are good."
        ));
    }
    if password.len() > LONGEST {
        return Err(format!("Use at most {LONGEST} bytes."));
    }
    let lower = password.to_lowercase();
    let names = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .chain(["docket"]);
    for name in names.filter(|n| n.chars().count() >= 4) {
        if lower.contains(&name.to_lowercase()) {
            return Err(
                "Leave your name, your e-mail address and the name of this product out of it.".into(),
            );
        }
    }
    // Stolen and common passwords, keyboard walks, repetitions: anything guessed in fewer than 10^8 tries.
    if zxcvbn::zxcvbn(password, about).score() < zxcvbn::Score::Three {
        return Err("This password is easily guessed or on lists of stolen ones; choose another.".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_and_emoji_and_long_ones_are_good() {
        for good in [
            "correct horse battery",
            "ein Pferd frisst 🥕🥕",
            "all lower case words",
            &"many different words make a long one, ".repeat(4),
        ] {
            assert_eq!(check_new(good, &["Ada Moss"]), Ok(()), "{good}");
        }
    }

    #[test]
    fn short_common_and_personal_ones_are_refused() {
        for bad in [
            "lamps of 14 m.",
            "password1234",
            "passwordpassword",
            "qwertyuiop12345",
            "aaaaaaaaaaaaaaaa",
            "12341234123412341234",
            "my docket secret",
            "ada.moss is great",
        ] {
            assert!(
                check_new(bad, &["Ada", "Moss", "ada.moss@example.test"]).is_err(),
                "{bad}"
            );
        }
    }

    #[actix_web::test]
    async fn a_password_is_verified_exactly_as_typed() {
        let hasher = Hasher::default();
        let hash = hasher.hash("Correct horse ".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verify = |text: &str| hasher.verify(text.into(), Some(hash.clone()));
        assert!(verify("Correct horse ").await.unwrap());
        for wrong in ["Correct horse", "correct horse ", ""] {
            assert!(!verify(wrong).await.unwrap(), "{wrong:?}");
        }
    }

    #[actix_web::test]
    async fn passwords_are_hashed_on_threads_of_their_own_and_counted() {
        let hasher = Hasher::default();
        let thread = hasher.in_turn(|_| Ok(std::thread::current().name().map(str::to_owned)));
        let name = thread.await.unwrap();
        assert_eq!((name.as_deref(), hasher.done()), (Some("password"), 1));
        assert_eq!(hasher.clone().done(), 1);
    }

    #[actix_web::test]
    async fn nobody_takes_as_long_as_somebody() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let (fake, real) = (Params::try_from(&nobody).unwrap(), argon2());
        let real = real.params();
        assert_eq!(
            (fake.m_cost(), fake.t_cost(), fake.p_cost()),
            (real.m_cost(), real.t_cost(), real.p_cost())
        );
        assert_eq!(nobody.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        assert!(
            !Hasher::default()
                .verify("any password".into(), None)
                .await
                .unwrap()
        );
    }
}
