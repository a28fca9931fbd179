"""Text to token ids to training rows: vocabulary, encoder, language tags, segments and packing."""
