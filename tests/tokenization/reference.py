"""The tokenizer of Hugging Face whose ids the encoder must return."""

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from codecorpus.tokenization.vocabulary import LONGEST_RUN, Vocabulary


def reference_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary.vocab, merges=list(vocabulary.merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
        add_prefix_space=False, trim_offsets=False, use_regex=True
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(
        [
            AddedToken(" " * length, normalized=False, special=False)
            for length in range(LONGEST_RUN, 1, -1)
        ]
    )
    return tokenizer
