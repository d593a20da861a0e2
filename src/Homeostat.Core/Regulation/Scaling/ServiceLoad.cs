using Homeostat.Core.Regulation.Tiers;

namespace Homeostat.Core.Regulation.Scaling;

/// <summary>What has been measured and foreseen of a service: what the regulator knows beside the state of this moment.</summary>
public sealed record ServiceLoad
{
    public static ServiceLoad Unknown { get; } = new();

    /// <summary>How long a request holds its slot, in the recent mean; null: none has been served yet.</summary>
    public TimeSpan? ServiceTime { get; init; }

    public StartTimes Starts { get; init; } = StartTimes.Unknown;

    /// <summary>The most requests that were in flight and waiting at one time within the <see cref="LoadMeter.ScaleInWindow"/>.</summary>
    public int Peak { get; init; }

    /// <summary>Idle times learned from this service's own pauses; null: too few were seen, the declared ones hold.</summary>
    public LadderTimes? Ladder { get; init; }

    /// <summary>Null: forecasting is off, or knows too little.</summary>
    public DemandForecast? Ahead { get; init; }

    /// <summary>What the forecasts were worth; null: none was made.</summary>
    public ForesightBooks? Books { get; init; }

    /// <summary>Steps of <see cref="Foresight.Step"/> after which demand repeats; null: none found.</summary>
    public int? Period { get; init; }

    /// <summary>When the forecast changes by time alone.</summary>
    public DateTimeOffset? LookAgainAt { get; init; }
}

/// <summary>Requests expected in flight at one time, over the time a start takes.</summary>
/// <param name="Point">The middle of what may come.</param>
/// <param name="Quantile">What is exceeded once in ten times.</param>
/// <param name="Until">The end of the time it is about.</param>
/// <param name="Model">Who forecast it, for people.</param>
/// <param name="Raise">Whether it may add instances; else it is only recorded what it would have done (<c>predict.mode: shadow</c>, or it has wasted too much).</param>
public sealed record DemandForecast(double Point, double Quantile, DateTimeOffset Until, string Model, bool Raise);
