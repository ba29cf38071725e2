//! Sending files as a browser does.

use reqwest::multipart::{Form, Part};

use super::browser::{Answer, Browser, answer};

impl Browser {
    /// Chooses a file on the import form and sends it.
    pub async fn upload(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
        let token = self.token().await;
        let part = Part::bytes(bytes.into()).file_name(name.to_owned());
        self.send_parts(Form::new().text("csrf_token", token).part("file", part))
            .await
    }

    /// Sends a multipart body to the import form, whatever is in it.
    pub async fn send_parts(&self, form: Form) -> Answer {
        let request = self.client.post(format!("{}/imports/new", self.url));
        answer(request.multipart(form).send().await.unwrap()).await
    }

    /// Uploads a file, presses Import and waits for the result; gives its page.
    pub async fn import(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
        let checked = self.upload(name, bytes).await;
        assert_eq!(checked.status, 200, "{}", checked.text);
        self.run_import(&checked.path).await
    }

    /// Presses Import on the page at `path` and waits for the result.
    pub async fn run_import(&self, path: &str) -> Answer {
        let mut page = self.submit(path, &format!("{path}/run"), &[]).await;
        for _ in 0..600 {
            if page.find("[data-running]").is_empty() {
                return page;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            page = self.get(path).await;
        }
        panic!("the import at {path} does not end");
    }

    /// The bytes of a download.
    pub async fn bytes(&self, path: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        (
            response.headers().clone(),
            response.bytes().await.unwrap().to_vec(),
        )
    }
}

/// A file of the samples.
pub fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/ach/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
