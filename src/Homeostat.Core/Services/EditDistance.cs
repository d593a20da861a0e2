namespace Homeostat.Core.Services;

/// <summary>
/// How many letters must be inserted, deleted, replaced or swapped with their neighbour to get from one word to another
/// (optimal string alignment). Words longer than 64 characters count by their first 64.
/// </summary>
internal static class EditDistance
{
    private const int LengthMax = 64;

    public static int Between(string left, string right)
    {
        var a = left.AsSpan(0, Math.Min(left.Length, LengthMax));
        var b = right.AsSpan(0, Math.Min(right.Length, LengthMax));
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                cost[i, j] = i == 0 || j == 0 ? i + j : Cheapest(cost, a, b, i, j);
            }
        }
        return cost[a.Length, b.Length];
    }

    private static int Cheapest(int[,] cost, ReadOnlySpan<char> a, ReadOnlySpan<char> b, int i, int j)
    {
        var best = Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1;
        best = Math.Min(best, cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
        var swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(best, cost[i - 2, j - 2] + 1) : best;
    }
}
