"""Text to ids to rows: vocabulary, encoder, language tags, segments and packing. No Beam."""
