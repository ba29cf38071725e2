//! Docket: the desk where payments teams work their exceptions.

pub mod accounts;
pub mod ach;
pub mod app;
pub mod auth;
pub mod commands;
pub mod config;
pub mod db;
pub mod demo;
pub mod exceptions;
pub mod history;
pub mod kernel;
pub mod policies;
pub mod routes;
pub mod transactions;
pub mod web;
