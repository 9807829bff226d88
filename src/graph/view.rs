//! What a plan or the library says of itself, as text or data; nothing here prints.

mod cards;
mod catalogue;
mod minimises;
mod schema;
mod summary;

pub use cards::{about, describe, list};
pub use catalogue::catalogue;
pub use minimises::who_minimises;
pub use schema::schema;
pub use summary::{summary, summary_table};
