namespace Homeostat.Cli.Output;

/// <summary>Shows a stream item by item; being interrupted while following is how following ends.</summary>
internal static class Follow
{
    public static async Task<int> RunAsync<T>(IAsyncEnumerable<T> items, Action<T> show, bool follow)
    {
        try
        {
            await foreach (var item in items)
            {
                show(item);
            }
            return ExitCodes.Ok;
        }
        catch (OperationCanceledException) when (follow)
        {
            return ExitCodes.Ok;
        }
    }
}
