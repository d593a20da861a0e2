using Homeostat.Core.Regulation.Capacity;
using Xunit;

namespace Homeostat.Core.Tests.Regulation.Capacity;

/// <summary>Each run is made from its seed, which the text of a failure begins with.</summary>
public sealed class FairShareLaws
{
    private const int Runs = 5000;

    [Fact]
    public void Divide_TheWorkedExample()
    {
        Assert.Equal([2, 4, 4], FairShare.Divide(10, [2, 8, 4]));
        Assert.Equal([0, 0], FairShare.Divide(-5, [2, 8]));
        Assert.Equal([], FairShare.Divide(5, []));
        Assert.Equal([3, 3, 4], FairShare.Divide(10, [9, 9, 9]));
        Assert.Equal([long.MaxValue / 2, long.MaxValue / 2 + 1], FairShare.Divide(long.MaxValue, [long.MaxValue, long.MaxValue]));
    }

    /// <summary>A tenant of many services has no more weight than one of a single service, and its quota goes to the others.</summary>
    [Fact]
    public void Divide_AmongTenants_CountsTenants()
    {
        var shares = FairShare.DivideAmongGroups(100, [(long.MaxValue, [90, 90, 90]), (long.MaxValue, [90])]);
        Assert.Equal([[16, 17, 17], [50]], shares);
        Assert.Equal([[10, 10, 10], [70]], FairShare.DivideAmongGroups(100, [(30, [90, 90, 90]), (long.MaxValue, [90])]));
    }

    [Fact]
    public void Law_DivisionIsMaxMinFair() => Assert.Null(FirstViolation(FairShare.Divide));

    /// <summary>A division that gives to whoever comes first is found out: the law can fail.</summary>
    [Fact]
    public void Canary_FirstComeFirstServed_BreaksTheLaw() => Assert.NotNull(FirstViolation((left, asked) =>
    {
        var shares = new long[asked.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            shares[i] = Math.Min(left, asked[i]);
            left -= shares[i];
        }

        return shares;
    }));

    [Fact]
    public void Canary_EqualParts_LeaveSomeOver() =>
        Assert.NotNull(FirstViolation((capacity, asked) => [.. asked.Select(ask => Math.Min(ask, capacity / Math.Max(1, asked.Count)))]));

    private static string? FirstViolation(Func<long, IReadOnlyList<long>, long[]> divide)
    {
        for (var seed = 1; seed <= Runs; seed++)
        {
            var random = new Random(seed);
            var capacity = random.Next(0, 2000);
            var asked = Enumerable.Range(0, random.Next(0, 12)).Select(_ => (long)(random.Next(4) == 0 ? 0 : random.Next(0, 600))).ToList();
            if (Violation(capacity, asked, divide(capacity, asked)) is { } violation)
            {
                return $"seed {seed}: {violation} ({capacity} among {string.Join(", ", asked)})";
            }
        }

        return null;
    }

    /// <summary>What max-min fairness says, by its definition and not by the algorithm.</summary>
    private static string? Violation(long capacity, List<long> asked, long[] shares)
    {
        var sum = shares.Sum();
        if (sum > capacity || sum != Math.Min(capacity, asked.Sum()))
        {
            return $"{sum} are given: more than there are, or something is left while somebody wants it";
        }

        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] < 0 || shares[i] > asked[i])
            {
                return $"number {i} asked for {asked[i]} and gets {shares[i]}";
            }

            // Whoever gets less than asked for has nobody above it by more than one unit.
            if (shares[i] < asked[i] && shares.Max() > shares[i] + 1)
            {
                return $"number {i} gets {shares[i]} of {asked[i]} while another one gets {shares.Max()}";
            }
        }

        return null;
    }
}
