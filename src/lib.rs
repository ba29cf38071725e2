//! Docket: the desk where payments teams work their exceptions.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod accounts;
pub mod ach;
pub mod api;
pub mod app;
pub mod approvals;
pub mod auth;
pub mod bulk;
pub mod calendar;
pub mod commands;
pub mod config;
pub mod db;
pub mod demo;
pub mod desk;
pub mod dispatch;
pub mod disputes;
pub mod exceptions;
pub mod history;
pub mod idempotency;
pub mod imports;
pub mod jobs;
pub mod kernel;
pub mod keys;
pub mod mail;
pub mod members;
pub mod notes;
pub mod notifications;
pub mod openapi;
pub mod outbound;
pub mod policies;
pub mod queues;
pub mod rates;
pub mod reports;
pub mod reviews;
pub mod routes;
pub mod routing;
pub mod search;
pub mod server;
pub mod service_accounts;
pub mod transactions;
pub mod web;
pub mod webhooks;
pub mod work;
