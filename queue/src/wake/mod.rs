//! Wake-ups: what changed, told to whoever waits, in this process at once and in others by the
//! database's or Redis' means. News may be lost, and never carries truth: whoever hears it looks
//! into the database, and looks there now and then without news.

mod local;
mod news;
mod postgres;
mod redis;
mod sqlite;
pub(crate) mod transport;

pub(crate) use local::{Inbox, Local};
pub(crate) use news::News;
pub(crate) use transport::Wake;
