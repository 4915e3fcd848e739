//! Access that is membership: of a group, a role, a team, a repository. What all such strategies do
//! alike is here; what a system does of its own is its [`Membership`].

use async_trait::async_trait;
use countersign::flow::HandlerError;
use countersign::model::{Event, Step, Target, User};
use countersign::strategy::{Strategy, StrategyContext};
use serde::Serialize;
use serde_json::{Value, json};

/// How a system makes somebody a member of something.
#[async_trait]
pub(crate) trait Membership: std::fmt::Debug + Send + Sync + 'static {
    /// What a target stands for.
    type Place: Serialize + Send + Sync;

    /// Whether ending a membership also ends what is open, in words for the approver.
    const SESSIONS: &'static str;

    /// Reads the settings of a target.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    fn place(&self, target: &Target) -> Result<Self::Place, HandlerError>;

    /// The place, with what the target names by a name that may come to mean something else looked up: when
    /// access is given. `given` is the place as it was then, so that its end is about the same one.
    ///
    /// # Errors
    ///
    /// If nobody knows what is meant.
    async fn settled(
        &self,
        place: Self::Place,
        given: Option<&Value>,
        run: &str,
    ) -> Result<Self::Place, HandlerError> {
        let _ = (given, run);
        Ok(place)
    }

    /// What somebody is called there; `None` if the system does not know them.
    ///
    /// # Errors
    ///
    /// If it cannot be asked, or knows more than one.
    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError>;

    /// Whether somebody is a member now. Whoever is not there any more is none; nor is anybody of a place
    /// that is certain to be gone.
    ///
    /// # Errors
    ///
    /// If it cannot be asked, or nobody knows what became of the place.
    async fn has(&self, seat: &Seat<'_, Self::Place>) -> Result<bool, HandlerError>;

    /// Makes somebody a member; one who is stays so.
    ///
    /// # Errors
    ///
    /// If it was not done, or nobody knows.
    async fn add(&self, seat: &Seat<'_, Self::Place>) -> Result<(), HandlerError>;

    /// Makes somebody no member; one who is not, or not there any more, stays so.
    ///
    /// # Errors
    ///
    /// If it was not done, or nobody knows.
    async fn remove(&self, seat: &Seat<'_, Self::Place>) -> Result<(), HandlerError>;
}

/// One person's membership in one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat<'a, P> {
    /// Where.
    pub(crate) place: &'a P,
    /// Who, by what they are called there.
    pub(crate) who: &'a str,
    /// For which run.
    #[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "sessions in AWS are named by it"))]
    pub(crate) run: &'a str,
}

impl<P: Serialize> Seat<'_, P> {
    /// The error, with who and where in it: few vendors say whom or what they do not find.
    fn named(&self, error: HandlerError) -> HandlerError {
        let place = json!(self.place);
        let names =
            place.as_object().into_iter().flat_map(|it| it.values()).filter_map(Value::as_str);
        let said = error.chain();
        if names.chain([self.who]).all(|name| said.contains(name)) {
            return error;
        }
        let told =
            HandlerError::new(error.code().to_owned(), format!("{said} (`{}`, {place})", self.who));
        let told = match error.hint() {
            Some(hint) => told.with_hint(hint),
            None => told,
        };
        if error.is_terminal() { told.final_() } else { told }
    }
}

/// The strategy of a membership.
#[derive(Debug)]
pub(crate) struct ByMembership<M>(pub(crate) M);

impl<M: Membership> ByMembership<M> {
    /// The place where access was given, or would be.
    async fn given(&self, target: &Target, event: &Event) -> Result<M::Place, HandlerError> {
        let left: Option<Value> = event.run().step_output(Step::Escalate)?;
        let given = left.as_ref().and_then(|left| left.get("place"));
        self.0.settled(self.0.place(target)?, given, event.run().id.as_str()).await
    }
}

#[async_trait]
impl<M: Membership> Strategy for ByMembership<M> {
    fn never_blocks(&self) -> bool {
        true
    }

    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let (place, who) = (self.0.place(target)?, cx.get_requester_identity().await?);
        let run = event.run().id.as_str();
        let place = self.0.settled(place, None, run).await?;
        let seat = Seat { place: &place, who: &who, run };
        self.0.add(&seat).await.map_err(|error| seat.named(error))?;
        Ok(Some(json!({ "place": place, "member": who })))
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let (place, who) = (self.given(target, event).await?, cx.get_requester_identity().await?);
        let seat = Seat { place: &place, who: &who, run: event.run().id.as_str() };
        self.0.remove(&seat).await.map_err(|error| seat.named(error))?;
        Ok(None)
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.0.find(user).await
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        let (place, who) = (self.given(target, event).await?, cx.get_requester_identity().await?);
        let seat = Seat { place: &place, who: &who, run: event.run().id.as_str() };
        self.0.has(&seat).await.map(Some).map_err(|error| seat.named(error))
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        Some(M::SESSIONS)
    }
}
