//! Suggestions for misspelled words.

/// The known word that is most similar to a misspelled one; none if no word is similar.
pub fn similar<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // One mistake in short words, one in three letters of longer ones.
    let most = (word.chars().count() / 3).max(1);
    let distances =
        known.into_iter().map(|known| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known));
    distances
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn the_nearest_word_is_suggested_unless_all_are_far_away() {
        let known = ["apps", "infra", "apps-staging"];
        for (word, suggested) in [
            ("aps", Some("apps")),
            ("APPS", Some("apps")),
            ("infar", Some("infra")),
            ("apps-stagin", Some("apps-staging")),
            ("web", None),
            ("", None),
        ] {
            assert_eq!(similar(word, known), suggested, "{word}");
        }
    }
}
