//! The server under load, its data, and the machine.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::Client;

const BINARY: &str = env!("CARGO_BIN_EXE_docket");
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");
/// Seals what is in a PostgreSQL database: it outlives the folder that would have a secret of its own.
const SECRET: &str = "of-the-load-bench-and-of-nothing-else";

pub(crate) struct Data {
    folder: PathBuf,
    keep: bool,
    /// The address of the database that has the data in place of the folder.
    postgres: Option<String>,
}

impl Data {
    pub(crate) fn prepare(kept: Option<&Path>, postgres: Option<String>) -> Result<Self> {
        let own = || Path::new(SCRATCH).join(format!("load-{}", std::process::id()));
        let data = Self {
            folder: kept.map_or_else(own, Path::to_owned),
            keep: kept.is_some(),
            postgres,
        };
        fs::create_dir_all(&data.folder)?;
        Ok(data)
    }

    /// Does at once what autovacuum does some minutes after many rows have come, so that every run finds the same.
    pub(crate) fn settle(&self) {
        let Some(url) = &self.postgres else { return };
        let done = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--dbname", url.as_str()])
            .args(["--command", "VACUUM ANALYZE"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !done.is_ok_and(|status| status.success()) {
            println!("note         without psql: autovacuum may not have seen the data yet");
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Returns when the first page is served, which with new data takes as long as making it.
    pub(crate) fn start(rows: u32, data: &Data) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = Path::new(SCRATCH).join("load.log");
        let mut command = Command::new(BINARY);
        command
            .args([
                "demo",
                "--exceptions",
                &rows.to_string(),
                "--port",
                &port.to_string(),
                "--data",
            ])
            .arg(&data.folder)
            .env("DOCKET_BENCH", "true")
            // The load comes from one client; its limit is not what is measured.
            .env("DOCKET_API_CALLS_PER_MINUTE", "100000000")
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        if let Some(url) = &data.postgres {
            command
                .env("DOCKET_DATABASE", url)
                .env("DOCKET_SECRET_KEY", SECRET);
        }
        let process = command.spawn()?;
        let mut server = Self { process, port };
        let get = format!("GET /login HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
        while Client::connect(port)
            .and_then(|mut client| client.send_expecting_success(get.as_bytes()))
            .is_err()
        {
            if let Some(status) = server.process.try_wait()? {
                return Err(format!("the server ended with {status}, see {}", log.display()).into());
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(server)
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        Ok(kib.ok_or("no VmRSS")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) {
            if asked.elapsed() > Duration::from_secs(20) {
                let _ = self.process.kill();
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// In MB.
pub(crate) fn binary_size() -> Result<f64> {
    Ok(f64::from(u32::try_from(fs::metadata(BINARY)?.len())?) / 1e6)
}

pub(crate) fn machine() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    Ok(format!(
        "{} cores, {}",
        thread::available_parallelism()?,
        model.map_or("unknown", |(_, name)| name)
    ))
}
