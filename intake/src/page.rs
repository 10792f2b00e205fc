//! Pages of a list: how many, and where the next one starts.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;

const DEFAULT_LIMIT: u16 = 50;
const MOST: u16 = 200;

/// What a caller asks of a list. Lists are newest first.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The checked limit, and the id after which the page starts.
    pub fn parse(&self) -> Result<(u16, Option<Uuid>), Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::invalid(
                "limit",
                "out_of_range",
                format!("limit must be 1 to {MOST}."),
            ));
        }
        let after = self
            .cursor
            .as_deref()
            .map(|cursor| {
                Uuid::parse_str(cursor).map_err(|_| {
                    Problem::invalid(
                        "cursor",
                        "bad_cursor",
                        "cursor must be the next_cursor of an earlier page.",
                    )
                })
            })
            .transpose()?;
        Ok((limit, after))
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageOf<T: ToSchema> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T: ToSchema> PageOf<T> {
    /// Builds a page from up to `limit + 1` rows: the one too many tells that there is a next page.
    pub fn of<R>(
        mut rows: Vec<R>,
        limit: u16,
        id: impl Fn(&R) -> Uuid,
        show: impl FnMut(R) -> T,
    ) -> Self {
        let limit = usize::from(limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|row| id(row).to_string());
        Self {
            items: rows.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}
