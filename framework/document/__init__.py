"""Files that people write: YAML with line numbers, values as Structs, messages for misfits."""
