//! What loading a pickle would do, told before it is done: which calls, of what, and whether rules allow them.
mod check;
mod heads;
mod limits;
mod plan;
mod portable;
mod rules;
mod scan;
mod survey;
mod twins;
mod unit;

pub use check::check;
pub use heads::heads;
pub use limits::Limits;
pub use plan::{Added, Step, steps};
pub use portable::{Group, groups};
pub use rules::{Allowed, Refusal, Rules};
pub use survey::{Maker, Names, Survey};
pub use twins::twins;
pub use unit::Unit;
