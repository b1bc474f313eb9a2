"""What each source calls the fields of an event, as data beside this file (`<name>.json`); no code here knows a source."""
