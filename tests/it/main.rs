//! Drives the real executable, against the simulator on a free port, and asks the simulator what
//! it saw.

mod apply;
mod check;
mod disk;
mod floors;
mod harness;
mod hostile;
mod raw_server;
mod resume;
mod survival;
