// Shared by the components that show probabilities.

function percent(probability) {
  if (probability >= 0.9995) return "> 99.9 %";
  return probability >= 0.0005 ? `${(100 * probability).toFixed(1)} %` : "< 0.1 %";
}
