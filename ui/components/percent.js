// Shared by the components that show probabilities.

/** A probability as a phrase, in percent. */
function percent(probability) {
  if (probability >= 0.9995) return language.phrase("percent.above", { share: language.decimal(99.9) });
  if (probability < 0.0005) return language.phrase("percent.below", { share: language.decimal(0.1) });
  return language.phrase("percent.about", { share: language.decimal(100 * probability) });
}
