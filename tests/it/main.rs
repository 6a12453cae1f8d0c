//! Drives the real executable, against the simulator on a free port, and asks the simulator what
//! it saw.

#![expect(clippy::format_push_string, reason = "tests are read, not timed")]

mod apply;
mod approved;
mod approved_rows;
mod automation;
mod check;
mod corpus;
mod corrected_names;
mod credential_mistakes;
mod customer_page;
mod customers_apart;
mod damage;
mod disk;
mod docs;
mod excel;
mod export;
mod first_attempts;
mod fix;
mod given_up;
mod harness;
mod hints;
mod hints_in_any_order;
mod histories;
mod hostile;
mod in_use;
mod journal;
mod json_fields;
mod lanes;
mod lanes_apart;
mod lanes_at_length;
mod lanes_unasked;
mod layers;
mod left_alone;
mod libreoffice;
mod location_rules;
mod logs;
mod lost_lines;
mod lying_services;
mod names;
mod newer_tokens;
mod nginx;
mod not_the_service;
mod odd_answers;
mod output_names;
mod own_numbers;
mod own_organization;
mod pages;
mod parts;
mod plan;
mod practice;
#[cfg(target_os = "linux")]
mod questions;
mod raw_server;
mod read_back;
mod readme;
mod repeated_places;
mod report;
mod resume;
mod rights;
mod rows_above;
mod same_rows;
mod sdk;
mod second_looks;
mod secrets_by_chance;
mod selftest;
mod setting_pages;
mod short_rows;
#[cfg(target_os = "linux")]
mod signals;
mod sorted_rows;
mod special_files;
mod spreadsheet_numbers;
mod status;
mod survival;
#[cfg(target_os = "linux")]
mod terminal;
mod tls_server;
mod token_secrecy;
mod tokens;
mod undo;
mod undo_again;
mod undo_order;
mod unproven_results;
mod unreachable;
mod verdicts;
#[cfg(unix)]
mod waits;
mod way_back;
mod ways;
mod whoami;
mod workbook;
mod workbook_eye;
mod workbook_verdicts;
mod written_alike;
