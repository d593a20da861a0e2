using Homeostat.Core.Regulation.Scaling;
using Homeostat.Core.Services;

namespace Homeostat.Core.Explanation;

/// <summary>What a service's size comes from: what was measured of its load, and what is expected of it.</summary>
internal static class LoadExplainer
{
    public static string Size(ServiceSnapshot service)
    {
        var (load, spec) = (service.Load, service.Revision.Spec);
        if (load.ServiceTime is not { } takes)
        {
            return "Nothing was measured yet: one instance serves whoever comes.";
        }

        var size = $"A request takes {Seconds(takes)}; at most {load.Peak} at one time lately, {spec.Scale.ConcurrencyTarget} per instance are aimed at.";
        return load.Ladder is { } learned
            ? $"{size} By its pauses it is frozen after {Seconds(learned.Freeze)} (declared {Seconds(spec.Idle.Freeze)}) and an image after {Seconds(learned.Image)} (declared {Seconds(spec.Idle.Image)})."
            : size;
    }

    public static string Ahead(ServiceSnapshot service)
    {
        var (load, mode) = (service.Load, service.Revision.Spec.Predict.Mode);
        if (mode == PredictMode.Off)
        {
            return "Nothing: predict.mode is off.";
        }

        if (load.Ahead is not { } ahead || load.Books is not { } books)
        {
            return $"Nothing yet: a forecast needs {Foresight.Least} minutes of load.";
        }

        var season = load.Period is { } period ? $", which repeats every {Seconds(period * Foresight.Step)}" : "";
        return $"{ahead.Point:0.#} requests at one time until {ahead.Until:HH:mm}, nine times in ten at most {ahead.Quantile:0.#} ({ahead.Model}{season}). {Worth(books)} {May(ahead, mode)}";
    }

    private static string Worth(ForesightBooks books)
    {
        var error = books.RelativeError is { } relative ? $"Lately its error was {relative:0.##} of the last value's; it" : "It";
        return $"{error} would hold {books.WastedSeconds:0} instance-seconds beyond the {books.UsedSeconds:0} needed, and {books.Unforeseen:0} minutes brought more than foreseen.";
    }

    private static string May(DemandForecast ahead, PredictMode mode) => (ahead.Raise, mode) switch
    {
        (_, PredictMode.Shadow) => "It is only watched (predict.mode: shadow).",
        (false, _) => "It wastes too much to be listened to now.",
        _ => "It may add instances where a start is slow enough to be worth it.",
    };

    private static string Seconds(TimeSpan time) => Explainer.Seconds(time);
}
