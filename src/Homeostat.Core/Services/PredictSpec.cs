using Homeostat.Core.Forecasting;

namespace Homeostat.Core.Services;

public enum PredictMode
{
    /// <summary>No forecast is made.</summary>
    Off,

    /// <summary>Forecasts are made and compared with what came, and change nothing.</summary>
    Shadow,

    /// <summary>A forecast may add to what the service has by what is seen, never take away.</summary>
    Raise,
}

/// <summary>Whether a service is got ready ahead of its demand.</summary>
/// <param name="Mode">Default raise.</param>
/// <param name="Model">One of <see cref="Models"/>. Default <c>auto</c>: chosen and combined by how each one does.</param>
public sealed record PredictSpec(PredictMode Mode = PredictMode.Raise, string Model = PredictSpec.Auto)
{
    public const string Auto = "auto";

    /// <summary>All that a service file may name.</summary>
    public static IReadOnlyList<string> Models => ForecastModels.Names;
}
