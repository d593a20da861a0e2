using System.Globalization;

namespace Homeostat.Benchmarks.Elasticity;

/// <summary>What <c>./run bench elasticity</c> takes.</summary>
/// <param name="Parts">Which experiments: a, b, c, d. Default: all.</param>
/// <param name="Rounds">Of experiments (a) and (b), 1..100. Default 8.</param>
/// <param name="Seconds">Of each load of (c), 4..120. Default 20.</param>
/// <param name="Peers">Docker Swarm beside it in (c).</param>
/// <param name="Product">The published program.</param>
internal sealed record ElasticityOptions(string Parts, int Rounds, int Seconds, bool Peers, string Samples, string Product)
{
    /// <exception cref="FormatException">An option that is not known or has a wrong value.</exception>
    public static ElasticityOptions Parse(IReadOnlyList<string> args)
    {
        var options = new ElasticityOptions("abcd", 8, 20, true, Path.GetFullPath("samples"), Path.GetFullPath("artifacts/publish/homeostat"));
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
            options = args[i] switch
            {
                "--parts" => options with { Parts = value },
                "--rounds" => options with { Rounds = Number(args[i], value, 1, 100) },
                "--seconds" => options with { Seconds = Number(args[i], value, 4, 120) },
                "--peers" => options with { Peers = value != "none" },
                "--product" => options with { Product = Path.GetFullPath(value) },
                _ => throw new FormatException($"there is no option {args[i]}; known: --parts, --rounds, --seconds, --peers, --product"),
            };
        }

        return options;
    }

    private static int Number(string option, string value, int least, int most) =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : throw new FormatException($"{option} is {least}..{most}");
}
