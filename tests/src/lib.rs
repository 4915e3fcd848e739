//! Whole stories.
