namespace Homeostat.Core.Regulation.Capacity;

/// <summary>
/// Max-min fair division (water-filling): whoever asks for less than an equal share gets what was asked for, the others share the rest equally. Nobody gets more than
/// asked for, nothing is left while somebody wants it, and nobody could have more without taking it from one who has less. Pure, deterministic, in whole units.
/// </summary>
/// <remarks>
/// Source: D. Bertsekas, R. Gallager, Data Networks, 2nd ed. 1992, 6.5.2. Worked example: 10 among asks of 2, 8, 4: the equal share is 3; 2 is below it and is
/// granted; (10 - 2) / 2 = 4 each for the others, and 4 is granted: 2, 4, 4. Units that can't be divided go to those who ask for most, the last of equals first.
/// </remarks>
public static class FairShare
{
    /// <param name="capacity">Units there are; below 0 counts as 0.</param>
    /// <param name="asked">Units asked for by each, 0 or more.</param>
    /// <returns>Units for each, in the same order.</returns>
    public static long[] Divide(long capacity, IReadOnlyList<long> asked)
    {
        var shares = new long[asked.Count];
        var order = new int[asked.Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) => asked[a] != asked[b] ? asked[a].CompareTo(asked[b]) : a.CompareTo(b));
        var left = Math.Max(0, capacity);
        for (var n = 0; n < order.Length; n++)
        {
            var share = Math.Min(Math.Max(0, asked[order[n]]), left / (order.Length - n));
            shares[order[n]] = share;
            left -= share;
        }

        return shares;
    }

    /// <summary>First among groups (tenants), then within each: a group of many has no more weight than one of a single member.</summary>
    /// <param name="groups">Each group's bound (its quota; <see cref="long.MaxValue"/>: none) and the asks of its members.</param>
    public static long[][] DivideAmongGroups(long capacity, IReadOnlyList<(long Bound, IReadOnlyList<long> Asked)> groups)
    {
        var wanted = groups.Select(group => Math.Min(Math.Max(0, group.Bound), Sum(group.Asked))).ToList();
        var shares = Divide(capacity, wanted);
        return [.. groups.Select((group, i) => Divide(shares[i], group.Asked))];
    }

    /// <summary>A sum beyond the largest number is that number: an ask without bound is more than any capacity, however it is counted.</summary>
    private static long Sum(IReadOnlyList<long> asked)
    {
        var sum = 0L;
        foreach (var ask in asked)
        {
            sum = ask > long.MaxValue - sum ? long.MaxValue : sum + Math.Max(0, ask);
        }

        return sum;
    }
}
