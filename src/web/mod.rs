//! What every page and call shares: the frame, forms and their protection, errors, headers, assets.

pub mod assets;
pub mod back;
pub mod bench;
pub mod budget;
pub mod csp_report;
pub mod csrf;
pub mod csv;
pub mod error;
pub mod escape;
pub mod flash;
pub mod form;
pub mod headers;
pub mod kept;
pub mod multipart;
pub mod page;
pub mod problem;
pub mod route;
pub mod settings;
pub mod shell;
pub mod time;
pub mod ui;
pub mod visit;
pub mod ways;
