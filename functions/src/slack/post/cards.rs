//! The messages that show a run are kept up to date: with where it stands now, whatever came between.

use countersign::engine::{Run, sha256_text};
use countersign::model::RunId;
use serde_json::Value;
use tokio::time::Instant;

use super::once::Place;
use super::{Kind, Placed, Post, Posted, Trouble};
use crate::slack::card::{self, Around, Card};
use crate::slack::text::Names;

impl Post {
    /// What a card says besides its run.
    pub(super) fn around<'a>(&'a self, names: &'a Names) -> Around<'a> {
        let url = self.0.url.get().map(String::as_str);
        Around { environment: &self.0.runner.environment, url, names }
    }

    /// What a message that shows a run shows now.
    pub(super) fn shown(&self, run: &Run, names: &Names, kind: Kind, is_old: bool) -> Card {
        let around = &self.around(names);
        let mut card = match kind {
            Kind::Shared | Kind::Direct => card::request(run, around),
            Kind::FollowUp => {
                let words = format!(
                    "How did it go with {}? Please answer a few questions.",
                    countersign::engine::notices::what(run)
                );
                card::follow_up(run, around, &words)
            }
        };
        if is_old {
            card.blocks
                .retain(|block| block.get("type").and_then(Value::as_str) != Some("actions"));
        }
        card
    }

    /// Changes what does not show where the run stands.
    pub(super) async fn refresh(
        &self,
        id: &RunId,
        posted: &mut Posted,
        stop: Instant,
    ) -> Result<Result<(), Trouble>, String> {
        let mut index = 0;
        while let Some(placed) = posted.cards.get(index).cloned() {
            index = index.saturating_add(1);
            let Some(run) = self.run(id).await? else { return Ok(Ok(())) };
            if hash(&self.shown(&run, &posted.names, placed.kind, placed.is_old)) == placed.shown {
                continue;
            }
            if let Err(trouble) = self.turn_to_change(stop).await {
                return Ok(Err(trouble));
            }
            // It may have moved on meanwhile.
            let Some(run) = self.run(id).await? else { return Ok(Ok(())) };
            let card = self.shown(&run, &posted.names, placed.kind, placed.is_old);
            let (channel, ts) = (placed.channel.clone(), placed.ts.clone());
            let place = Place { channel, ts, is_found: true };
            match self.change(&place, &card).await {
                Ok(true) => {
                    if let Some(placed) = posted.cards.get_mut(index.saturating_sub(1)) {
                        placed.shown = hash(&card);
                    }
                }
                Ok(false) => {
                    index = index.saturating_sub(1);
                    posted.cards.retain(|it| *it != placed);
                }
                Err(Trouble::Lasting(why)) => {
                    tracing::error!(run.id = %id, "a message cannot be changed: {why}");
                }
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        Ok(Ok(()))
    }
}

impl Posted {
    /// Notes a message that shows the run.
    pub(super) fn add(&mut self, place: Place, kind: Kind, card: &Card) {
        for old in &mut self.cards {
            old.is_old |= old.channel == place.channel && old.ts != place.ts;
        }
        if self.cards.iter().any(|it| it.channel == place.channel && it.ts == place.ts) {
            return;
        }
        let Place { channel, ts, is_found } = place;
        let shown = if is_found { String::new() } else { hash(card) };
        self.cards.push(Placed { channel, ts, kind, shown, is_old: false });
    }
}

fn hash(card: &Card) -> String {
    let text = format!("{}{}", card.text, Value::from(card.blocks.clone()));
    sha256_text(&text).as_str().chars().take(16).collect()
}
