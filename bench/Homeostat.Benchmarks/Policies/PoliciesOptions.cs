namespace Homeostat.Benchmarks.Policies;

/// <summary>What <c>./run bench policies</c> takes.</summary>
/// <param name="Folder">Where traces are looked for.</param>
/// <param name="Traces">Names of those to be played. Default: all.</param>
/// <param name="Policies">Default: all.</param>
/// <param name="OwnCosts">Peers start containers as they do.</param>
internal sealed record PoliciesOptions(string Folder, IReadOnlyList<string>? Traces, IReadOnlyList<string>? Policies, bool OwnCosts, long Seed)
{
    /// <exception cref="FormatException">An option that is not known or has a wrong value.</exception>
    public static PoliciesOptions Parse(IReadOnlyList<string> args)
    {
        var options = new PoliciesOptions(Path.GetFullPath("../shared/traces"), null, null, false, 1);
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--folder" => options with { Folder = value },
                "--traces" => options with { Traces = value.Split(',') },
                "--policies" => options with { Policies = value.Split(',') },
                "--peer-costs" => options with { OwnCosts = value == "own" },
                "--seed" => options with { Seed = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture) },
                _ => throw new FormatException($"there is no option {args[i]}; known: --folder, --traces, --policies, --peer-costs, --seed"),
            };
        }

        return options;
    }
}
