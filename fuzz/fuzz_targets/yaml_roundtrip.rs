//! What was read and is written comes back the same, and is written the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut values = edgeflux_yaml::documents(text).unwrap_or_default();
    // The input as a string, and as a key, too.
    values.push(text.into());
    values.push([(text.to_owned(), text.into())].into_iter().collect::<serde_json::Map<_, _>>().into());
    for value in values {
        let written = edgeflux_yaml::to_string(&value);
        // The reader has limits that the writer has not; one of them is the length of a key on one line.
        match edgeflux_yaml::document(&written) {
            Ok(back) => assert_eq!(back, value, "{written}"),
            Err(error) => panic!("{error}\n{written}"),
        }
    }
});
