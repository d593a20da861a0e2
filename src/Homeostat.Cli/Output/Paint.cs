namespace Homeostat.Cli.Output;

/// <summary>A colour or weight, by its ANSI code. The 8 classic colours follow the user's own theme.</summary>
internal sealed record Paint(int Code)
{
    public static readonly Paint None = new(0);
    public static readonly Paint Bold = new(1);
    public static readonly Paint Dim = new(2);
    public static readonly Paint Red = new(31);
    public static readonly Paint Green = new(32);
    public static readonly Paint Yellow = new(33);
    public static readonly Paint Blue = new(34);
    public static readonly Paint Cyan = new(36);

    public string Apply(string text) => Code == 0 || text.Length == 0 ? text : $"\e[{Code}m{text}\e[0m";

    /// <summary>Awake is green, half asleep blue, asleep dim.</summary>
    public static Paint OfTier(string tier) => tier switch
    {
        "running" => Green,
        "starting" => Yellow,
        "frozen" or "paged-out" or "parked" => Blue,
        _ => Dim,
    };

    /// <summary>Of a check's state.</summary>
    public static Paint OfState(string state) => state switch
    {
        "ok" => Green,
        "reduced" => Yellow,
        _ => Red,
    };
}
