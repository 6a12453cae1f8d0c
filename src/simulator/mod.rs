//! A local server that behaves like the service.
