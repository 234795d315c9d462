"""Files that people write: YAML with its lines, values that fit, words for what does not."""
