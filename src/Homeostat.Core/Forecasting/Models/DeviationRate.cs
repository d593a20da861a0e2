namespace Homeostat.Core.Forecasting.Models;

/// <summary>
/// Elastic-Docker's correction of the threshold of a service (Future Internet 9(4) 87, 2017, section on the elastic controller): "the threshold value is corrected by the
/// deviation rate", and the predicted value is selected "as the threshold size when the predicted value is smaller". The paper prints no formula; this is the plainest that
/// fits its sentences: rate = (observed - predicted) / observed, threshold' = min(threshold (1 + rate), predicted).
/// </summary>
/// <remarks>Worked example: threshold 10, predicted 8, observed 10: rate 0.2, 10 (1 + 0.2) = 12, smaller is the prediction: 8 (DeviationRateTests).</remarks>
internal static class DeviationRate
{
    /// <summary>Signed: above 0 where more came than was predicted. 0 where nothing was observed (no rate of nothing); at least -1, so that a threshold never turns negative.</summary>
    public static double Of(double observed, double predicted) => observed > 0 ? Math.Max(-1, (observed - predicted) / observed) : predicted > 0 ? -1 : 0;

    /// <returns>0 or more.</returns>
    public static double Correct(double threshold, double observed, double predicted) =>
        Math.Max(0, Math.Min(threshold * (1 + Of(observed, predicted)), predicted));
}
