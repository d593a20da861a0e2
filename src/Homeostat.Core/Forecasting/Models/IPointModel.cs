namespace Homeostat.Core.Forecasting.Models;

/// <summary>A model of a series that says one number per horizon. Callers bound what it says; it may say anything, also NaN where it can't.</summary>
internal interface IPointModel
{
    /// <summary>Steps of a season it goes by; null: none.</summary>
    int? Period => null;

    /// <summary>What it keeps, in bytes.</summary>
    int Bytes { get; }

    /// <param name="value">Finite, 0 or more.</param>
    void Observe(double value);

    /// <param name="steps">1 or more; one of those it was made for where it was made for some.</param>
    double Predict(int steps);

    /// <summary>What the model itself says of the quantile; null: nothing, its errors do.</summary>
    double? PredictQuantile(int steps) => null;
}

/// <summary>Rules about values and horizons that every forecaster keeps.</summary>
internal static class Demand
{
    /// <summary>More in a step than any host serves; squares of it still have all their digits.</summary>
    private const double Most = 1e15;

    /// <returns>The value, bounded.</returns>
    public static double Checked(double value) => double.IsFinite(value) && value >= 0
        ? Math.Min(value, Most)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "demand is finite and not negative");

    /// <summary>Place of the shortest horizon that is at least as long, or of the longest.</summary>
    public static int Nearest(int[] horizons, int steps)
    {
        var at = Array.BinarySearch(horizons, steps);
        return Math.Min(at < 0 ? ~at : at, horizons.Length - 1);
    }
}
