//! The time zone in which times are shown to people.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

/// Where the system keeps time zones, by their names.
const ZONES: &str = "/usr/share/zoneinfo";

/// The zone that `TZ` names, or else that of the system. UTC if neither can be read, as in Go.
pub(super) fn time_zone(name: Option<&str>) -> TimeZone {
    let Some(name) = name.map(|name| name.trim_start_matches(':')) else {
        return TimeZone::try_system().unwrap_or(TimeZone::UTC);
    };
    if name == "UTC" {
        return TimeZone::UTC;
    }
    // Joined with an absolute path, this is that path.
    let file = Path::new(ZONES).join(name);
    let zone = fs::read(file).ok().and_then(|zone| TimeZone::tzif(name, &zone).ok());
    zone.or_else(|| TimeZone::posix(name).ok()).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_name_or_rule_and_is_utc_otherwise() {
        let offset = |name: &str| {
            let noon: jiff::Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
            noon.to_zoned(time_zone(Some(name))).strftime("%H:%M %z %Z").to_string()
        };
        assert_eq!(offset("UTC"), "12:00 +0000 UTC");
        assert_eq!(offset("XYZ-2"), "14:00 +0200 XYZ");
        assert_eq!(offset("No/Where"), "12:00 +0000 UTC");
        if Path::new(ZONES).join("Europe/Berlin").is_file() {
            assert_eq!(offset("Europe/Berlin"), "13:00 +0100 CET");
            assert_eq!(offset(":Europe/Berlin"), "13:00 +0100 CET");
        }
    }
}
